import { useContext } from 'preact/hooks';
import { LanguageContext, useTexts } from '../language.ts';
import type { Language } from '../texts.ts';

/** The name of the service, and the drawing of icon.svg, which cannot be fetched any more once the process has ended. */
export function Brand() {
  return (
    <p class="brand">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="#0a7a43" />
        <g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round">
          <circle cx="16" cy="12" r="5.2" />
          <path d="M16 17.2V26M16 22.2h4.2" />
        </g>
      </svg>
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
