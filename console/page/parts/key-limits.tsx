import { useTexts } from '../language.ts';
import type { AccountReport } from '../state.ts';

/** Asks for which accounts a key is to be good: all, the one that is shown, or those that it is good for already. */
export function AccountsField({
  account,
  chosen,
  present,
}: {
  readonly account: AccountReport;
  readonly chosen: '*' | 'one' | 'present';
  /** The names of those that it is good for already, where they are others. */
  readonly present?: string;
}) {
  const { keys: words } = useTexts();
  return (
    <label class="field">
      {words.accounts}
      <select name="accounts" defaultValue={chosen}>
        {present !== undefined && <option value="present">{words.forPresent(present)}</option>}
        <option value="*">{words.forAll}</option>
        <option value="one">{words.forOne(account.name)}</option>
      </select>
    </label>
  );
}

/** Asks for the limits that only a key of the drop-in has. */
export function DropInLimits({
  dailyLimit,
  paths = [],
}: {
  readonly dailyLimit?: number | undefined;
  readonly paths?: readonly string[] | undefined;
}) {
  const { keys: words } = useTexts();
  return (
    <>
      <label class="field">
        {words.dailyLimit}
        <input name="dailyLimit" type="number" min={1} max={100_000_000} defaultValue={dailyLimit ?? ''} />
      </label>
      <label class="field">
        {words.paths}
        <textarea
          name="paths"
          rows={3}
          spellcheck={false}
          placeholder="/cgi-bin/message/*"
          defaultValue={paths.join('\n')}
        />
      </label>
    </>
  );
}

/** What was written in these fields. `null` stands for one that is empty: no limit. */
export function dropInLimitsOf(form: FormData): {
  readonly paths: string[] | null;
  readonly dailyLimit: number | null;
} {
  const paths = textOf(form, 'paths').split(/\s+/).filter(Boolean);
  const dailyLimit = textOf(form, 'dailyLimit');
  return {
    paths: paths.length > 0 ? paths : null,
    dailyLimit: dailyLimit === '' ? null : Number(dailyLimit),
  };
}

/** What was written in a field, without blanks around it. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}
