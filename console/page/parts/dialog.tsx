import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useTexts } from '../language.ts';

/** A dialog over the page. The browser keeps the focus in it, and closes it with Escape. */
export function Dialog({
  title,
  close,
  children,
}: {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    // The browser gives the focus back with Escape alone, and not where a button closes it.
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** The buttons below the form of a dialog: one that leaves it, and one that goes on. */
export function DialogButtons({
  yes,
  danger = false,
  disabled = false,
  close,
}: {
  /** What the button says that goes on. */
  readonly yes: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly close: () => void;
}) {
  const { cancel } = useTexts();
  return (
    <div class="buttons end">
      <button type="button" onClick={close}>
        {cancel}
      </button>
      <button type="submit" class={danger ? 'danger' : 'primary'} disabled={disabled}>
        {yes}
      </button>
    </div>
  );
}

/** Asks whether to go on. */
export function Question({
  title,
  text,
  yes,
  danger = false,
  disabled = false,
  accept,
  close,
  children,
}: {
  readonly title: string;
  readonly text: string;
  /** What the button says that goes on. */
  readonly yes: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly accept: () => void;
  readonly close: () => void;
  readonly children?: ComponentChildren;
}) {
  const submit = (event: Event) => {
    event.preventDefault();
    close();
    accept();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={submit}>
        <p>{text}</p>
        {children}
        <DialogButtons yes={yes} danger={danger} disabled={disabled} close={close} />
      </form>
    </Dialog>
  );
}
