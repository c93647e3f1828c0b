import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Confirm } from '../parts/dialog.tsx';
import { Go } from '../parts/go.tsx';
import { useLoaded, WhenLoaded } from '../parts/loaded.tsx';
import { When } from '../parts/when.tsx';
import { sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';
import type { Token } from '../state/desk-shapes.ts';
import { inboxPlace, type Place } from '../state/place.ts';
import { DeskView, Nothing } from './desk-view.tsx';
import { Once } from './once.tsx';
import { TokenEdit, TokenForm } from './token-form.tsx';

const tokensPlace: Place = { ...inboxPlace, view: 'tokens' };

/** Who may come in: each program and each person with a token of their own. */
export function TokensView(): JSX.Element {
  const { desk, places } = useStore();
  const tokens = useLoaded(async () => (await desk.tokens()).items);
  const secret = useSignal<string | null>(null);
  const { more } = places.place.value;
  const isAdding = more['add'] !== undefined;
  const onMade = async (made: string): Promise<void> => {
    secret.value = made;
    places.go(tokensPlace, 'aside');
    await tokens.reload();
  };
  return (
    <DeskView
      title="Tokens"
      about={
        <>
          Give each person and each program a token of its own, which may do no more than it must. What
          programs can ask for is <a href="docs">described here</a>.
        </>
      }
      action={
        isAdding ? null : (
          <Go to={{ ...tokensPlace, more: { add: 'token' } }} class="button primary">
            Add a token
          </Go>
        )
      }
    >
      {secret.value === null ? null : (
        <Once
          title="The new token"
          what="The new token"
          secret={secret.value}
          hint="Copy it now: it is shown this once, and cannot be had again."
          onDone={() => (secret.value = null)}
        />
      )}
      {isAdding ? <TokenForm onMade={onMade} /> : null}
      <WhenLoaded from={tokens}>
        {(all) =>
          all.length === 0 ? (
            <Nothing>
              <h2>No tokens stored</h2>
              <p>
                You came in with the token from the settings. Add one for each person or program that needs
                less.
              </p>
            </Nothing>
          ) : (
            <ul class="cards">
              {all.map((token) => (
                <TokenCard
                  key={token.id}
                  token={token}
                  isEdited={more['edit'] === token.id}
                  onChange={tokens.reload}
                />
              ))}
            </ul>
          )
        }
      </WhenLoaded>
    </DeskView>
  );
}

type TokenProps = { readonly token: Token; readonly onChange: () => Promise<void> };

function TokenCard({ token, isEdited, onChange }: TokenProps & { readonly isEdited: boolean }): JSX.Element {
  const { places } = useStore();
  const { name, scopes, site, expiresAt, lastUsedAt, createdAt, isCurrent } = token;
  const isExpired = expiresAt !== null && Date.parse(expiresAt) < Date.now();
  if (isEdited) {
    const onDone = (): void => {
      places.go(tokensPlace, 'aside');
      void onChange();
    };
    return (
      <li class="card">
        <TokenEdit token={token} onDone={onDone} />
      </li>
    );
  }
  return (
    <li class="card">
      <h2 class="card-title">
        {name} {isCurrent ? <span class="chip verified">Yours, in use now</span> : null}
        {isExpired ? <span class="chip refused">Expired</span> : null}
      </h2>
      <p>
        May {scopes.includes('admin') ? 'do everything' : scopes.join(' and ')}
        {site === null ? ', on all sites' : `, on the site ${site}`}.
      </p>
      <div class="card-foot">
        <span class="soft">
          Made <When time={createdAt} as="day" />,{' '}
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <When time={lastUsedAt} />
            </>
          )}
          {expiresAt === null ? (
            ', does not expire'
          ) : (
            <>
              , {isExpired ? 'expired' : 'expires'} <When time={expiresAt} as="day" />
            </>
          )}
        </span>
        <span class="buttons">
          <Go to={{ ...tokensPlace, more: { edit: token.id } }} class="button small">
            Edit
          </Go>
          <Revoke token={token} onChange={onChange} />
        </span>
      </div>
    </li>
  );
}

function Revoke({ token, onChange }: TokenProps): JSX.Element {
  const { desk, notices } = useStore();
  const isAsking = useSignal(false);
  const revoke = async (): Promise<void> => {
    isAsking.value = false;
    try {
      await desk.revokeToken(token.id);
      notices.say(`The token “${token.name}” is revoked.`);
    } catch (error) {
      notices.complain(`The token was not revoked. ${sayError(error)}`);
    }
    await onChange();
  };
  return (
    <>
      <button type="button" class="small" onClick={() => (isAsking.value = true)}>
        Revoke
      </button>
      {isAsking.value ? (
        <Confirm
          title={`Revoke “${token.name}”?`}
          yes="Revoke"
          onYes={() => void revoke()}
          onNo={() => (isAsking.value = false)}
        >
          <p>Whoever holds it is shut out at once, here and in the API. This cannot be taken back.</p>
          {token.isCurrent ? (
            <p class="bad">It is the one you came in with: you will be signed out.</p>
          ) : null}
        </Confirm>
      ) : null}
    </>
  );
}
