import { useTexts } from '../language.ts';
import { commandFor } from '../state.ts';
import type { Language } from '../texts.ts';
import { Brand, LanguageSwitch } from './brand.tsx';
import { Command } from './basics.tsx';

/** What is shown instead of the views where there is no session. */
export function Closed({
  code,
  switchLanguage,
}: {
  readonly code: string;
  readonly switchLanguage: (to: Language) => void;
}) {
  const { door } = useTexts();
  const texts: Readonly<Record<string, unknown>> = door;
  const reason = texts[code];
  return (
    <>
      <header class="top">
        <Brand />
        <LanguageSwitch switchLanguage={switchLanguage} />
      </header>
      <main class="closed">
        <section class="card" id="closed">
          <h1>{door.heading}</h1>
          <p>{typeof reason === 'string' ? reason : door.other}</p>
          <p>{door.hint}</p>
          <Command text={commandFor('console')} />
        </section>
      </main>
    </>
  );
}
