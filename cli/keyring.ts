import { sendCommand } from './admin-client.ts';
import { readCommandLine, usage, UsageError } from './command-line.ts';
import { describe } from './print.ts';
import { askSecrets } from './prompt.ts';

const hints = {
  local: 'Is `npm start` running, and AWS_PORT the one it was started with?',
  deployed:
    'Check your AWS credentials, --region and --stage. For the stack that `npm start` runs add --local.',
};

async function main(): Promise<number> {
  const request = readCommandLine(process.argv.slice(2));
  if (request.help) {
    console.log(usage);
    return 0;
  }
  const command = await request.commandWith(askSecrets);
  const answer = await sendCommand(request.where, command).catch((error: unknown) => {
    const reason = (error instanceof Error ? error.message : 'unknown').replace(/\.?$/, '.');
    throw new Error(request.where === 'local' ? `${reason} ${hints.local}` : `${reason} ${hints.deployed}`);
  });
  if (request.json) {
    console.log(JSON.stringify(answer, undefined, 2));
  } else if (answer.ok) {
    console.log(describe(answer.result));
  } else {
    const { code, detail, title } = answer.problem;
    console.error(`${code}: ${detail ?? title}`);
  }
  return answer.ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : `It did not work. ${message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
