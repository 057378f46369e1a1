import type { Command } from './command.ts';
import { commonOptions, optionsOf, versionOption } from './common-options.ts';
import { said, say } from './language.ts';
import type { Value } from './values.ts';

export const shells = ['bash', 'zsh'] as const;

/** A word that can come next, and what it means. */
type Candidate = readonly [word: string, about: string];

/** What can come next, by what has been typed: the words of a command, then an option or the number of an argument. */
type Completions = ReadonlyMap<string, readonly Candidate[]>;

/**
 * A script that completes the program of that name in that shell. Everything is in it, so that a key press starts no
 * Node.js.
 */
export function completionScript(
  shell: (typeof shells)[number],
  commands: readonly Command[],
  name: string,
): string {
  const paths = pathsOf(commands);
  const withValue = commands
    .flatMap((command) => Object.entries(optionsOf(command)))
    .flatMap(([name, { value }]) => (value ? [`--${name}`] : []));
  const parts = {
    name,
    paths: quoted([...paths.keys()].filter((path) => path !== '')).join(' | '),
    withValue: [...new Set(withValue)].join(' | '),
    completions: new Map([...paths, ...valuesOf(commands)]),
  };
  return shell === 'bash' ? bashScript(parts) : zshScript(parts);
}

/** The words and options that can come next, by the words of a command so far. */
function pathsOf(commands: readonly Command[]): Completions {
  const paths = new Map<string, Candidate[]>([['', candidatesOf({ ...commonOptions, ...versionOption })]]);
  const add = (path: string, candidate: Candidate) => {
    const there = paths.get(path) ?? candidatesOf({ help: commonOptions.help });
    if (!there.some(([word]) => word === candidate[0])) there.push(candidate);
    paths.set(path, there);
  };
  for (const command of commands) {
    for (const name of command.words) {
      const [first = '', second] = name.split(' ');
      add('', [first, second === undefined ? said(command.summary) : say`commands of ${first}`]);
      if (second !== undefined) add(first, [second, said(command.summary)]);
      paths.set(name, candidatesOf(optionsOf(command)));
    }
  }
  return paths;
}

/** What an option or argument can be, where these are few words. */
function valuesOf(commands: readonly Command[]): Completions {
  const values = new Map<string, readonly Candidate[]>();
  const add = (key: string, value: Value<unknown> | undefined) => {
    if (value?.choices)
      values.set(
        key,
        value.choices.map((choice): Candidate => [choice, '']),
      );
  };
  for (const command of commands) {
    for (const name of command.words) {
      for (const [option, { value }] of Object.entries(optionsOf(command))) add(`${name} --${option}`, value);
      Object.values(command.args).forEach((value, index) => {
        add(`${name} ${index}`, value);
      });
    }
  }
  return values;
}

function candidatesOf(options: Readonly<Record<string, { readonly about: string }>>): Candidate[] {
  return Object.entries(options).map(([name, { about }]) => [`--${name}`, said(about)]);
}

interface Parts {
  /** The name of the program. */
  readonly name: string;
  /** The pattern of all words of commands. */
  readonly paths: string;
  /** The pattern of the options that take a value. */
  readonly withValue: string;
  readonly completions: Completions;
}

function bashScript(parts: Parts): string {
  const { name } = parts;
  const listOf = (candidates: readonly Candidate[]) => quote(candidates.map(([word]) => word).join(' '));
  return `# Completes ${name} in bash. To use it: source <(${name} completion bash)
${lookUp(parts, listOf)}
_${name}() {
  local line=\${COMP_LINE:0:COMP_POINT} typed= option= count=0 candidates= current word
  local -a words
  read -ra words <<<"$line"
  current=\${line##*[[:space:]]}
  [[ -n $current ]] && unset 'words[\${#words[@]}-1]'
  for word in "\${words[@]:1}"; do
${walk(parts)}
  done
  if [[ -z $option && $current == --*=* ]]; then
    option=\${current%%=*}
    current=\${current#*=}
  fi
  COMPREPLY=()
${choose(parts)} || return 0
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
  # Bash takes a colon for the end of a word, so only what comes after it is replaced.
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}")
  fi
}
complete -o default -F _${name} ${name}`;
}

function zshScript(parts: Parts): string {
  const { name } = parts;
  const listOf = (candidates: readonly Candidate[]) =>
    `(${candidates.map(([word, about]) => quote(word.replaceAll(':', '\\:') + (about && `:${about}`))).join(' ')})`;
  return `#compdef ${name}
# Completes ${name} in zsh. To use it: source <(${name} completion zsh)
${lookUp(parts, listOf)}
_${name}() {
  local typed= option= count=0 current=\${words[CURRENT]} word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
${walk(parts)}
  done
  if [[ -z $option && $current == --*=* ]]; then
    option=\${current%%=*}
    compset -P '*='
  fi
${choose(parts)} || { _files; return; }
  _describe ${name} candidates
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi`;
}

/** In both shells: a function that puts what can come next into `candidates`, or fails. */
function lookUp({ name, completions }: Parts, listOf: (candidates: readonly Candidate[]) => string): string {
  const cases = [...completions].map(([key, next]) => `    ${quote(key)}) candidates=${listOf(next)} ;;`);
  return `_${name}_next() {
  case $1 in
${cases.join('\n')}
    *) return 1 ;;
  esac
}`;
}

/** In both shells: the body of a loop over the words before the current one, which finds out what has been typed. */
function walk({ paths, withValue }: Parts): string {
  return `    if [[ -n $option ]]; then option=; continue; fi
    case $word in
      ${withValue}) option=$word ;;
      -*) ;;
      *)
        case "\${typed:+$typed }$word" in
          ${paths}) typed="\${typed:+$typed }$word" ;;
          *) count=$((count + 1)) ;;
        esac
        ;;
    esac`;
}

/** In both shells: looks up an option's value, or an argument, or whatever can come after the words so far. */
function choose({ name }: Parts): string {
  return `  if [[ -n $option ]]; then _${name}_next "$typed $option"
  elif [[ $current == -* ]]; then _${name}_next "$typed"
  else _${name}_next "$typed $count" || _${name}_next "$typed"
  fi`;
}

function quoted(texts: readonly string[]): string[] {
  return texts.map(quote);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
