import { followersExport as sends } from '../../functions/admin/commands/followers-export.ts';
import { command, describeRefusal, type Session } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { exportFormats, exportTarget, type ExportOutput } from '../export-output.ts';
import { order } from '../followers-order.ts';
import { say } from '../language.ts';
import { account, oneOf, option, UsageError } from '../values.ts';

const standardOutput: ExportOutput['target'] = { to: 'stdout' };

export const followersExport = command({
  words: ['followers export'],
  group: 'followers',
  changes: false,
  summary: 'write all followers of the mirror, page by page',
  args: { account },
  options: {
    format: option(oneOf(exportFormats), '(default: by the ending of --out, or ndjson)'),
    order: option(order, 'by when they followed (default: an order that nothing changes)'),
    out: option(exportTarget, 'or s3://<bucket>/<key>; without it, standard output'),
  },
  run: async (args, { format, order: asked, out: target = standardOutput }, session) => {
    const output = { format: format ?? formatOf(target), target };
    const written = await writePages({ ...args, order: asked }, output, session);
    session.tell(`${process.stderr.isTTY ? '\r' : ''}${say`${written} followers exported.`}`);
    return exitCodes.done;
  },
});

const endings = { '.ndjson': 'ndjson', '.jsonl': 'ndjson', '.csv': 'csv' } as const;

/** Throws UsageError. */
function formatOf(target: ExportOutput['target']): ExportOutput['format'] {
  if (target.to === 'stdout') return 'ndjson';
  const name = target.to === 'file' ? target.path : target.key;
  const ending = Object.entries(endings).find(([each]) => name.toLowerCase().endsWith(each));
  if (ending) return ending[1];
  const known = Object.keys(endings).join(', ');
  throw new UsageError(
    say`The name in --out ends in none of: ${known}. Say with --format what is to be written.`,
  );
}

/** Asks for one page after the other, and writes each before the next. Returns how many followers they had. */
async function writePages(
  asked: { readonly account: string; readonly order: 'newest' | 'oldest' | undefined },
  output: ExportOutput,
  session: Session,
): Promise<number> {
  const [{ exportFollowers }, { S3Client }] = await Promise.all([
    import('../export-followers.ts'),
    import('@aws-sdk/client-s3'),
  ]);
  const region = session.where === 'local' ? undefined : session.where.region;
  return exportFollowers(
    async (from) => {
      const answer = await session.send(sends, { ...asked, from });
      if (!answer.ok) throw new Error(describeRefusal(answer));
      return answer.result;
    },
    output,
    () => new S3Client({ followRegionRedirects: true, ...(region !== undefined && { region }) }),
    (count) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${say`${count} followers`}`);
    },
  );
}
