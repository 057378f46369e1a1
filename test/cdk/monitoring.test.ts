import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { metricNamespace, metricTable } from '../../shared/platform/metrics.ts';
import { ofType, one, synthesize, type Synthesized } from './kit.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const made = synthesize({ region: 'us-east-1' });

const dimensionsSchema = z.array(z.object({ Name: z.string(), Value: z.unknown() }));
const statisticSchema = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: dimensionsSchema,
  Period: z.number(),
});
const alarmSchema = statisticSchema.partial().extend({
  AlarmDescription: z.string().max(1024),
  AlarmActions: z.array(z.object({ Ref: z.string() })),
  OKActions: z.array(z.object({ Ref: z.string() })),
  TreatMissingData: z.string(),
  Threshold: z.number(),
  ComparisonOperator: z.string(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  EvaluateLowSampleCountPercentile: z.string().optional(),
  Metrics: z
    .array(
      z.object({
        Id: z.string(),
        Expression: z.string().optional(),
        ReturnData: z.boolean().optional(),
        MetricStat: z
          .object({ Metric: statisticSchema.omit({ Period: true }), Period: z.number(), Stat: z.string() })
          .optional(),
      }),
    )
    .optional(),
});

/** Every alarm by its name in the stack: `TokenRunningOut`. */
function alarmsOf(from: Synthesized): Map<string, z.infer<typeof alarmSchema>> {
  return new Map(
    ofType(from, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [
      id.replace(/^Monitoring(.*)[0-9A-F]{8}$/, '$1'),
      alarmSchema.parse(Properties),
    ]),
  );
}

/** Of which thing a metric is: `ApiId HttpApi, …`. The hashes of logical ids are left out. */
function dimensionsIn(dimensions: z.infer<typeof dimensionsSchema>): string {
  return dimensions
    .map(({ Name, Value }) => {
      const text = typeof Value === 'string' ? Value : JSON.stringify(Value);
      const [, id] = /"([A-Za-z]+)[0-9A-F]{8}"/.exec(text) ?? [];
      return `${Name} ${id ?? text}`;
    })
    .join(', ');
}

/** When an alarm rings, in words: what is watched, when it is too much, and how often in a row. */
function ruleOf(alarm: z.infer<typeof alarmSchema>): string[] {
  const { Metrics = [], MetricName, Statistic, ExtendedStatistic, Dimensions = [], Period } = alarm;
  const watched =
    MetricName === undefined
      ? Metrics.map(({ Id, Expression, MetricStat }) =>
          MetricStat
            ? `${Id}: ${MetricStat.Stat} of ${MetricStat.Metric.MetricName} of ${dimensionsIn(MetricStat.Metric.Dimensions)} in ${MetricStat.Period} s`
            : (Expression ?? ''),
        )
      : [
          `${Statistic ?? ExtendedStatistic ?? ''} of ${MetricName} of ${dimensionsIn(Dimensions)} in ${Period ?? 0} s`,
        ];
  const times = `${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods}`;
  return [
    ...watched,
    `${alarm.ComparisonOperator} ${alarm.Threshold}, ${times}, without data ${alarm.TreatMissingData}`,
  ];
}

const ofBackground = ['RefreshCredentials', 'HandleEvents', 'SyncFollowers', 'FetchDetails'].flatMap(
  (name, n) => [
    `m${2 * n}: Sum of Errors of FunctionName ${name}Function in 300 s`,
    `m${2 * n + 1}: Sum of Throttles of FunctionName ${name}Function in 300 s`,
  ],
);

/** Every alarm, and when it rings. docs/runbook.md says the same in words, under “What it means”. */
const rules: Readonly<Record<string, readonly string[]>> = {
  TokenRunningOut: [
    'Minimum of TokenSecondsLeft of Stage prod in 300 s',
    'LessThanThreshold 120, 1 of 1, without data ignore',
  ],
  RefreshesFail: [
    'Maximum of AccountsFailing of Stage prod in 300 s',
    'GreaterThanOrEqualToThreshold 1, 2 of 2, without data ignore',
  ],
  MintBudgetLow: [
    'Minimum of MintBudgetLeft of Stage prod in 300 s',
    'LessThanThreshold 20, 1 of 1, without data ignore',
  ],
  // One may be a new AppSecret.
  TokensEndEarly: [
    'Sum of TokensEndedEarly of Stage prod in 300 s',
    'GreaterThanOrEqualToThreshold 1, 2 of 72, without data notBreaching',
  ],
  // No data is what tells that a sweep does not run.
  SweepMissing: [
    'Sum of Sweeps of Stage prod in 300 s',
    'LessThanThreshold 1, 3 of 3, without data breaching',
  ],
  SyncStuck: [
    'Maximum of SyncsStuck of Stage prod in 300 s',
    'GreaterThanOrEqualToThreshold 1, 3 of 3, without data breaching',
  ],
  RefreshDeadLetters: [
    'Maximum of ApproximateNumberOfMessagesVisible of QueueName SchedulesDeadLetters in 300 s',
    'GreaterThanOrEqualToThreshold 1, 1 of 1, without data notBreaching',
  ],
  PushDeadLetters: [
    'Maximum of ApproximateNumberOfMessagesVisible of QueueName EventsDeadLetters in 300 s',
    'GreaterThanOrEqualToThreshold 1, 1 of 1, without data notBreaching',
  ],
  DetailsDeadLetters: [
    'Maximum of ApproximateNumberOfMessagesVisible of QueueName DetailsDeadLetters in 300 s',
    'GreaterThanOrEqualToThreshold 1, 1 of 1, without data notBreaching',
  ],
  // A queue that nobody asks about for six hours sends no more data: the alarm then stays as it is.
  PushesWait: [
    'Maximum of ApproximateAgeOfOldestMessage of QueueName EventsQueue in 300 s',
    'GreaterThanOrEqualToThreshold 900, 1 of 1, without data ignore',
  ],
  // The first sync of a large account fills the queue for hours, and then messages leave it all the time.
  DetailsWait: [
    'IF(FILL(deleted, 0) == 0, age, 0)',
    'age: Maximum of ApproximateAgeOfOldestMessage of QueueName DetailsQueue in 300 s',
    'deleted: Sum of NumberOfMessagesDeleted of QueueName DetailsQueue in 300 s',
    'GreaterThanOrEqualToThreshold 3600, 2 of 2, without data ignore',
  ],
  BackgroundFails: [
    ofBackground.map((_, n) => `FILL(m${n}, 0)`).join(' + '),
    ...ofBackground,
    'GreaterThanOrEqualToThreshold 1, 2 of 3, without data notBreaching',
  ],
  ApiFails: [
    'IF(errors >= 5, 100 * errors / requests, 0)',
    'errors: Sum of 5xx of ApiId HttpApi in 300 s',
    'requests: Sum of Count of ApiId HttpApi in 300 s',
    'GreaterThanThreshold 5, 2 of 3, without data notBreaching',
  ],
  ApiSlow: [
    'IF(requests >= 10, latency, 0)',
    'requests: Sum of Count of ApiId HttpApi in 300 s',
    'latency: p90 of Latency of ApiId HttpApi in 300 s',
    'GreaterThanThreshold 5000, 3 of 3, without data notBreaching',
  ],
  LoginsFail: [
    'IF(FILL(failed, 0) >= 5, 100 * failed / (FILL(granted, 0) + FILL(snapshot, 0) + FILL(refused, 0) + FILL(failed, 0)), 0)',
    ...['granted', 'snapshot', 'refused', 'failed'].map(
      (outcome) => `${outcome}: Sum of Callbacks of Outcome ${outcome}, Stage prod in 900 s`,
    ),
    'GreaterThanThreshold 20, 1 of 1, without data notBreaching',
  ],
};

/** As Git hosts make the anchor of a heading. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

describe('the alarms', () => {
  const alarms = alarmsOf(made);

  test('are there for each thing that has to be known', () => {
    expect([...alarms.keys()].toSorted()).toEqual(Object.keys(rules).toSorted());
  });

  test.each(Object.entries(rules))('%s rings when it should', (name, rule) => {
    const alarm = alarms.get(name);
    expect(alarm && ruleOf(alarm)).toEqual(rule);
  });

  // With a percentile alone CloudWatch can leave an alarm as it is while there are few samples.
  test('look at few requests, too', () => {
    const ignoring = [...alarms].filter(([, alarm]) => alarm.EvaluateLowSampleCountPercentile !== undefined);
    expect(ignoring).toEqual([]);
  });

  test.each([...alarms])('%s says where its section of the runbook is', (_, { AlarmDescription }) => {
    const [, anchor] = /What to do: docs\/runbook\.md#(\S+)$/.exec(AlarmDescription) ?? [];
    expect(anchorsOf(runbook)).toContain(anchor);
  });

  test.each([...alarms])('%s says what it means in English and in Chinese', (_, { AlarmDescription }) => {
    expect(AlarmDescription).toMatch(/^[ -~]+\. [ -~]*\p{Script=Han}.+。 What to do: /u);
  });

  test('have a section each, which says what users notice, what to do and when it is over', () => {
    const linked = [...alarms.values()].map(({ AlarmDescription }) => AlarmDescription.split('#')[1]);
    const ofAlarms = [...sections].filter(([, text]) => text.includes('**What it means.**'));
    expect(ofAlarms.map(([heading]) => anchorsOf(`# ${heading}`)[0]).toSorted()).toEqual(linked.toSorted());
    for (const [, text] of ofAlarms) {
      for (const part of ['What users notice', 'Where to look', 'What to do', 'When it is over']) {
        expect(text).toContain(`**${part}.**`);
      }
    }
  });

  test('link to where the deployer keeps the runbook', () => {
    const runbookUrl = 'https://git.example.com/keyring/docs/runbook.md';
    for (const [, { AlarmDescription }] of alarmsOf(synthesize({ region: 'us-east-1', runbookUrl }))) {
      expect(AlarmDescription).toContain(`What to do: ${runbookUrl}#`);
    }
  });

  test('go to the topic when they ring and when they are over', () => {
    const [topic] = one(made, 'AWS::SNS::Topic');
    for (const { AlarmActions, OKActions } of alarms.values()) {
      expect([AlarmActions, OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    }
  });

  test('take no more metrics than CloudWatch allows', () => {
    for (const { Metrics = [] } of alarms.values()) expect(Metrics.length).toBeLessThanOrEqual(10);
  });
});

test.each([
  ['PushesWait', 'EventsQueue'],
  ['DetailsWait', 'DetailsQueue'],
])('%s waits until a message that fails has used its tries up', (name, queueName) => {
  const { VisibilityTimeout, RedrivePolicy } = z
    .object({ VisibilityTimeout: z.number(), RedrivePolicy: z.object({ maxReceiveCount: z.number() }) })
    .parse(one(made, 'AWS::SQS::Queue', queueName)[1].Properties);
  expect(alarmsOf(made).get(name)?.Threshold).toBeGreaterThan(
    VisibilityTimeout * RedrivePolicy.maxReceiveCount,
  );
});

test('the log group of a function is found by the name of the stack and of the function', () => {
  for (const name of ['RefreshCredentials', 'HandleEvents', 'SyncFollowers', 'FetchDetails', 'Callback']) {
    const [id, { Properties }] = one(made, 'AWS::Logs::LogGroup', name);
    expect(id).toMatch(new RegExp(`^${name}Logs`));
    // CloudFormation then names it after the stack and this id.
    expect(Properties).not.toHaveProperty('LogGroupName');
  }
});

describe('the topic', () => {
  test('lets the alarms of this AWS account publish, and CloudWatch use its key', () => {
    const [key] = one(made, 'AWS::KMS::Key', 'AlarmsTopicKey');
    made.template.hasResourceProperties('AWS::SNS::Topic', {
      KmsMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] },
    });
    expect(JSON.stringify(one(made, 'AWS::KMS::Key', 'AlarmsTopicKey')[1].Properties['KeyPolicy'])).toContain(
      '{"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"}',
    );
    expect(JSON.stringify(one(made, 'AWS::SNS::TopicPolicy')[1].Properties)).toContain(
      '{"Action":"sns:Publish","Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}},"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"}',
    );
  });
});

test('the topic takes nothing that comes without TLS', () => {
  for (const monitoring of ['full', 'none']) {
    const [, { Properties }] = one(synthesize({ region: 'us-east-1', monitoring }), 'AWS::SNS::TopicPolicy');
    expect(Properties).toMatchObject({
      PolicyDocument: {
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Action: 'sns:Publish',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            Effect: 'Deny',
            Principal: '*',
          }),
        ]),
      },
    });
  }
});

/** The text of the dashboard, with a name in place of whatever is known at deployment only. */
function dashboardOf(from: Synthesized): string {
  const [, { Properties }] = one(from, 'AWS::CloudWatch::Dashboard');
  const { DashboardBody } = z
    .object({ DashboardBody: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }) })
    .parse(Properties);
  return DashboardBody['Fn::Join'][1]
    .map((part) => (typeof part === 'string' ? part : 'known-later'))
    .join('');
}

describe('the dashboard', () => {
  test('shows the alarms and every metric of the functions', () => {
    const body = dashboardOf(made);
    const { widgets } = z
      .object({ widgets: z.array(z.object({ type: z.string() }).loose()) })
      .parse(JSON.parse(body));
    expect(widgets.filter(({ type }) => type === 'alarm')).toHaveLength(1);
    for (const name of Object.keys(metricTable)) {
      expect(body).toMatch(new RegExp(`"${metricNamespace}","${name}"|MetricName=\\\\"${name}\\\\"`));
    }
  });

  test('has each title in English and Chinese', () => {
    const titles = [...dashboardOf(made).matchAll(/"title":"([^"]*)"/g)].map(([, title]) => title);
    expect(titles).toHaveLength(19);
    for (const title of titles) expect(title).toMatch(/^[ -~]+ · [ -~]*\p{Script=Han}/u);
  });

  test.each(['docs/runbook.md', 'docs/zh/runbook.md'])('shows what %s names', (page) => {
    const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
    const named = [...text.matchAll(/“([^”]+)”/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'Start DLQ redrive');
    expect(named.length).toBeGreaterThan(12);
    const body = dashboardOf(made);
    expect(named.filter((name) => !body.includes(name))).toEqual([]);
  });

  test('is of the stage that is deployed', () => {
    const body = dashboardOf(synthesize({ region: 'us-east-1', stage: 'dev' }));
    expect(body).toContain('"Stage","dev"');
    expect(body).not.toContain('prod');
  });
});

test('without monitoring there is no alarm, no dashboard, no key for them, and no function measures', () => {
  const bare = synthesize({ region: 'us-east-1', monitoring: 'none' });
  bare.template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  bare.template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  expect(ofType(bare, 'AWS::KMS::Key').filter(([id]) => id.startsWith('Alarms'))).toEqual([]);
  expect(bare.text).not.toContain('KEYRING_METRICS_STAGE');
  expect(bare.text).not.toContain('cloudwatch.amazonaws.com');
});
