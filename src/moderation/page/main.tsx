import { render } from 'preact';
import { App } from './app.tsx';
import { WithStore } from './state/context.ts';
import { listenForKeys } from './state/keys.ts';
import { makeStore } from './state/store.ts';

/** The owner's page. */
const root = document.getElementById('page');
if (root !== null) {
  const store = makeStore(window);
  listenForKeys(document, store);
  root.replaceChildren();
  render(
    <WithStore value={store}>
      <App />
    </WithStore>,
    root,
  );
  void store.session.resume();
}
