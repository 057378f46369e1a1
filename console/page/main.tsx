import { render } from 'preact';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element #root.');
render(<App />, root);
