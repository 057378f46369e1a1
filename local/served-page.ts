/** What a page of ours is made of: `index.html`, its icon, one script and one style sheet. */
export interface PageFiles {
  readonly page: Buffer;
  readonly icon: Buffer;
  readonly script: Buffer;
  readonly style: Buffer;
}

/** A file as it is served. */
export interface ServedFile {
  readonly type: string;
  readonly body: Buffer;
}

/** The files of a page by the paths that its `index.html` names. */
export function servedPage({ page, icon, script, style }: PageFiles): Map<string, ServedFile> {
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: page }],
    ['/assets/main.js', { type: 'text/javascript; charset=utf-8', body: script }],
    ['/assets/style.css', { type: 'text/css; charset=utf-8', body: style }],
    ['/assets/icon.svg', { type: 'image/svg+xml', body: icon }],
  ]);
}
