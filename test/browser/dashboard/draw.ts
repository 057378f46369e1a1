import type { AlarmHistory, Line, Span, Widget } from './cloudwatch.ts';

/** The dashboard as a page without scripts. */

const column = 64;
const row = 44;
const gap = 10;
const pageWidth = 24 * column + gap;
const colors = [
  '#0972d3',
  '#e07941',
  '#2ea597',
  '#8456ce',
  '#c33d69',
  '#67a353',
  '#b0741f',
  '#5f6b7a',
  '#3184c2',
  '#d18b00',
];

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The whole page; times are told in hours since `span.from`. */
export function drawDashboard(
  widgets: readonly Widget[],
  alarms: readonly AlarmHistory[],
  span: Span,
): string {
  const height = Math.max(...widgets.map((widget) => (widget.y + widget.height) * row)) + gap;
  const boxes = widgets.map((widget) => {
    const style = `left:${widget.x * column + gap}px;top:${widget.y * row + gap}px;width:${widget.width * column - gap}px;height:${widget.height * row - gap}px`;
    const inside =
      widget.type === 'text'
        ? escaped(widget.markdown)
            .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
            .replaceAll(/`(.+?)`/g, '<code>$1</code>')
        : widget.type === 'alarm'
          ? drawAlarms(alarms, span)
          : drawGraph(widget, span);
    return `<section class="${widget.type}-widget" style="${style}">${inside}</section>`;
  });
  return `<!doctype html><meta charset="utf-8"><style>${sheet}</style><main style="width:${pageWidth}px;height:${height}px">${boxes.join('')}</main>`;
}

const sheet = `
body { margin: 0; background: #f2f3f3; font: 13px/1.35 system-ui, 'DejaVu Sans', sans-serif; color: #16191f }
main { position: relative }
section { position: absolute; box-sizing: border-box; background: #fff; border: 1px solid #d5dbdb; border-radius: 6px; padding: 7px 10px; overflow: hidden }
section.text-widget { padding: 6px 12px; font-size: 15px }
h2 { margin: 0 0 2px; font-size: 13.5px; font-weight: 600 }
.alarms { display: grid; grid-template-columns: repeat(6, 1fr); gap: 5px }
.alarm { border-radius: 4px; padding: 2px 8px; border-left: 5px solid #2ea597; background: #eef7f5; font-size: 12px; line-height: 1.25; min-height: 47px }
.alarm::first-letter { text-transform: uppercase }
.alarm.rang { border-color: #d13212; background: #fdf0ed }
.alarm small { display: block; color: #545b64; font-size: 11px }
svg { display: block }
svg text { font-size: 10.5px; fill: #545b64 }
.legend { display: flex; flex-wrap: wrap; gap: 0 11px; font-size: 11px; line-height: 15px; color: #414750; height: 45px; overflow: hidden }
.legend i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 4px }
.none { color: #879596; font-size: 12.5px; padding-top: 70px; text-align: center }
`;

function hours(at: number, span: Span): string {
  const minutes = Math.round((at - span.from) / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

function drawAlarms(alarms: readonly AlarmHistory[], span: Span): string {
  const boxes = alarms.map(({ anchor, rang }) => {
    const words = anchor.replaceAll('-', ' ').replace(/\bapi\b/, 'API');
    const times = rang.map(({ from, to }) => `${hours(from, span)}–${hours(to, span)}`).join(', ');
    return `<div class="alarm${rang.length > 0 ? ' rang' : ''}">${escaped(words)}<small>${rang.length > 0 ? `rang ${times}` : 'OK throughout'}</small></div>`;
  });
  return `<div class="alarms">${boxes.join('')}</div>`;
}

function drawGraph(widget: Widget & { readonly type: 'metric' }, span: Span): string {
  const title = `<h2>${escaped(widget.title)}</h2>`;
  const lines = widget.lines.filter(({ points }) => points.some(({ value }) => value !== undefined));
  if (lines.length === 0)
    return `${title}<div class="none">AWS measures this; the local stack does not</div>`;

  const width = widget.width * column - gap - 22;
  const height = widget.height * row - gap - 84;
  const left = 40;
  const bottom = height - 16;
  const onLeft = lines.filter(({ axis }) => axis === 'left');
  const values = onLeft.flatMap(({ points }) => points.flatMap(({ value }) => value ?? []));
  const most = Math.max(0, ...values);
  // A limit that is far away would flatten the lines.
  const limits = widget.limits.filter((limit) => limit <= most * 3);
  const top = widget.max ?? roundUp(Math.max(most, ...limits, 1));
  const x = (at: number) => left + ((at - span.from) / (span.to - span.from)) * (width - left - 4);
  const y = (value: number) => bottom - (value / top) * (bottom - 6);

  const grid = [0, 0.5, 1].map((share) => {
    const at = y(top * share);
    return `<line x1="${left}" x2="${width}" y1="${at}" y2="${at}" stroke="#eaeded"/><text x="${left - 5}" y="${at + 3.5}" text-anchor="end">${short(top * share)}</text>`;
  });
  const hourMarks = [];
  for (let hour = 0; span.from + hour * 3600 <= span.to; hour += 2) {
    const isLast = span.from + (hour + 1) * 3600 > span.to;
    hourMarks.push(
      `<text x="${x(span.from + hour * 3600)}" y="${height - 2}" text-anchor="${isLast ? 'end' : 'middle'}">${hour} h</text>`,
    );
  }
  const limitLines = limits.map(
    (limit) =>
      `<line x1="${left}" x2="${width}" y1="${y(limit)}" y2="${y(limit)}" stroke="#d13212" stroke-dasharray="4 3"/>`,
  );
  const yRight = (value: number) => bottom - (value / 100) * (bottom - 6);
  const curves = lines.map((line, index) =>
    drawLine(line, colors[index % colors.length] ?? '', x, line.axis === 'left' ? y : yRight),
  );
  const legend = lines.map(
    ({ label }, index) =>
      `<span><i style="background:${colors[index % colors.length] ?? ''}"></i>${escaped(label)}</span>`,
  );
  return `${title}<svg width="${width}" height="${height}">${[...grid, ...hourMarks, ...limitLines, ...curves].join('')}</svg><div class="legend">${legend.join('')}</div>`;
}

/** Joined where periods follow each other; a dot where one stands alone. */
function drawLine(
  { points }: Line,
  color: string,
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  const parts: string[][] = [[]];
  for (const { at, value } of points) {
    if (value === undefined) parts.push([]);
    else parts.at(-1)?.push(`${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  }
  return parts
    .map((part) => {
      const [first, second] = part;
      if (first === undefined) return '';
      if (second !== undefined) {
        return `<polyline points="${part.join(' ')}" fill="none" stroke="${color}" stroke-width="1.6" stroke-linejoin="round"/>`;
      }
      const [cx, cy] = first.split(',');
      return `<circle cx="${cx ?? ''}" cy="${cy ?? ''}" r="2.2" fill="${color}"/>`;
    })
    .join('');
}

/** The next round number. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8].find((step) => step * power >= value) ?? 10);
}

function short(value: number): string {
  return value >= 10_000 ? `${Math.round(value / 1000)}k` : String(Number(value.toPrecision(3)));
}
