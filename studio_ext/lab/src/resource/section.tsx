import * as React from 'react';

interface Props {
  title: string;
  /** Folded until somebody opens it. */
  folded?: boolean;
  /** What stands beside the title. */
  aside?: React.ReactNode;
  children: React.ReactNode;
}

/** A part of a page under its title. */
export function Section({ title, folded, aside, children }: Props): JSX.Element {
  const [open, setOpen] = React.useState(!folded);
  const id = React.useId();
  if (folded === undefined) {
    return (
      <section className="jp-StudioPage-section" aria-labelledby={id}>
        <header>
          <h2 id={id}>{title}</h2>
          {aside}
        </header>
        {children}
      </section>
    );
  }
  return (
    <section className="jp-StudioPage-section" aria-labelledby={id}>
      <header>
        <h2>
          <button
            id={id}
            className="jp-StudioPage-fold"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {title}
          </button>
        </h2>
        {open ? aside : null}
      </header>
      {open ? children : null}
    </section>
  );
}
