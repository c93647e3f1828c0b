import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Store } from './store.ts';

const StoreContext = createContext<Store | undefined>(undefined);

export const WithStore = StoreContext.Provider;

/** The one store of the page. */
export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === undefined) throw new Error('There is no store around this component.');
  return store;
}
