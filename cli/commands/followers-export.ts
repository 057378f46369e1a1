import { followersExport as sends } from '../../functions/admin/commands/followers-export.ts';
import { command, describeRefusal, type Session } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { exportFormats, exportTarget, type ExportOutput } from '../export-output.ts';
import { account, oneOf, option } from '../values.ts';

const standardOutput: ExportOutput['target'] = { to: 'stdout' };

export const followersExport = command({
  words: ['followers export'],
  group: 'followers',
  changes: false,
  summary: 'write everyone whom the mirror has, page by page',
  args: { account },
  options: {
    format: option(oneOf(exportFormats), '(default: by the ending of --out, or ndjson)'),
    out: option(exportTarget, 'or s3://<bucket>/<key>; without it, standard output'),
  },
  run: async (args, { format, out: target = standardOutput }, session) => {
    const written = await writePages(args.account, { format: format ?? formatOf(target), target }, session);
    session.tell(`${process.stderr.isTTY ? '\r' : ''}${written} followers exported.`);
    return exitCodes.done;
  },
});

function formatOf(target: ExportOutput['target']): ExportOutput['format'] {
  const name = target.to === 'file' ? target.path : target.to === 's3' ? target.key : '';
  return name.endsWith('.csv') ? 'csv' : 'ndjson';
}

/** Asks for one page after the other, and writes each before the next. Returns how many followers they had. */
async function writePages(asked: string, output: ExportOutput, session: Session): Promise<number> {
  const [{ exportFollowers }, { S3Client }] = await Promise.all([
    import('../export-followers.ts'),
    import('@aws-sdk/client-s3'),
  ]);
  const region = session.where === 'local' ? undefined : session.where.region;
  return exportFollowers(
    async (from) => {
      const answer = await session.send(sends, { account: asked, from });
      if (!answer.ok) throw new Error(describeRefusal(answer));
      return answer.result;
    },
    output,
    () => new S3Client({ followRegionRedirects: true, ...(region !== undefined && { region }) }),
    (count) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${count} followers`);
    },
  );
}
