/**
 * The page: what a person does becomes messages to the worker, what the worker says becomes text. All text goes in as `textContent`.
 *
 * Address: `?model=URL` opens another model than the one served, `?backend=wasm` names a backend.
 */
import type { BackendName } from '@marco-ts/core';
import type { ChatMessage } from '@marco-ts/tokenizer';
import type { FromWorker, ModelPlace, ToWorker } from './messages.ts';

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const talk = element('talk');
const status = element('status');
const question = element<HTMLTextAreaElement>('question');
const send = element<HTMLButtonElement>('send');
const stop = element<HTMLButtonElement>('stop');
const address = element<HTMLInputElement>('address');
const folder = element<HTMLInputElement>('folder');
const longest = element<HTMLInputElement>('longest');
const temperature = element<HTMLInputElement>('temperature');

const asked = new URLSearchParams(location.search);
const worker = new Worker('/worker.js', { type: 'module' });
const tell = (message: ToWorker): void => worker.postMessage(message);

let said: ChatMessage[] = [];
let answer: HTMLElement | undefined;
let ready = '';

worker.addEventListener('message', ({ data: message }: MessageEvent<FromWorker>) => {
  switch (message.kind) {
    case 'progress':
      show('busy', `${message.text}…`);
      break;
    case 'ready': {
      const millions = (message.numParameters / 1e6).toFixed(1);
      ready = `${message.backend} · ${millions} M parameters · ${(message.sizeBytes / 2 ** 20).toFixed(0)} MiB`;
      show('ready', ready);
      send.disabled = false;
      break;
    }
    case 'piece':
      if (answer) answer.textContent += message.text;
      talk.scrollTop = talk.scrollHeight;
      break;
    case 'end': {
      const { numTokens, durationMs, isStopped, numForgotten } = message;
      const speed = `${numTokens} tokens, ${((numTokens * 1000) / durationMs).toFixed(1)} tokens/s`;
      said = said.slice(numForgotten);
      said.push({ role: 'assistant', content: answer?.textContent ?? '' });
      endAnswer();
      const notes = `${isStopped ? ' · stopped' : ''}${numForgotten > 0 ? ` · the first ${numForgotten} messages no longer fit` : ''}`;
      show('ready', `${ready} · ${speed}${notes}`);
      break;
    }
    case 'error':
      endAnswer();
      show('error', message.message);
  }
});
worker.addEventListener('error', ({ message }) => show('error', message || 'The worker could not start.'));

function show(state: 'busy' | 'ready' | 'error', text: string): void {
  status.dataset.state = state;
  status.textContent = text;
}

function open(modelPlace: ModelPlace): void {
  newConversation();
  send.disabled = true;
  ready = '';
  const backend = asked.get('backend') as BackendName | null;
  tell({ kind: 'open', place: modelPlace, backend: backend ?? undefined });
}

function addMessage(role: ChatMessage['role'], text: string): HTMLElement {
  const item = document.createElement('li');
  const who = document.createElement('span');
  const what = document.createElement('p');
  item.className = role;
  who.className = 'who';
  who.textContent = role === 'user' ? 'You' : 'Model';
  // Each message finds its own direction: Arabic and Hebrew run right to left.
  what.dir = 'auto';
  what.textContent = text;
  item.append(who, what);
  talk.append(item);
  talk.scrollTop = talk.scrollHeight;
  return what;
}

function ask(): void {
  const text = question.value.trim();
  if (text === '' || send.disabled) return;
  question.value = '';
  said.push({ role: 'user', content: text });
  addMessage('user', text);
  answer = addMessage('assistant', '');
  talk.ariaBusy = 'true';
  send.disabled = true;
  stop.disabled = false;
  show('busy', `${ready} · answering…`);
  tell({
    kind: 'say',
    messages: said,
    maxNewTokens: longest.valueAsNumber || 256,
    temperature: Number.isNaN(temperature.valueAsNumber) ? undefined : temperature.valueAsNumber,
  });
}

function endAnswer(): void {
  answer = undefined;
  talk.ariaBusy = 'false';
  send.disabled = ready === '';
  stop.disabled = true;
}

function newConversation(): void {
  tell({ kind: 'stop' });
  said = [];
  talk.textContent = '';
  question.focus();
}

element('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  ask();
});
question.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    ask();
  }
});
stop.addEventListener('click', () => tell({ kind: 'stop' }));
element('again').addEventListener('click', newConversation);
element('open').addEventListener('submit', (event) => {
  event.preventDefault();
  open({ url: address.value });
});
folder.addEventListener('change', () => {
  if (folder.files && folder.files.length > 0) open({ files: [...folder.files] });
});

address.value = asked.get('model') ?? '/model/';
open({ url: address.value });
