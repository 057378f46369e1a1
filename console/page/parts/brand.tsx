import { useContext } from 'preact/hooks';
import { LanguageContext, useTexts } from '../language.ts';
import type { Language } from '../texts.ts';

/** The name of the service. */
export function Brand() {
  return (
    <p class="brand">
      <img src="assets/icon.svg" alt="" width="28" height="28" />
      <span>WeChat Keyring</span>
    </p>
  );
}

/** Changes to the other language. */
export function LanguageSwitch({ switchLanguage }: { readonly switchLanguage: (to: Language) => void }) {
  const other = useContext(LanguageContext) === 'en' ? 'zh-CN' : 'en';
  return (
    <button type="button" class="quiet" id="language" lang={other} onClick={() => switchLanguage(other)}>
      {useTexts().otherLanguage}
    </button>
  );
}
