import type { SecretStore } from '../../shared/accounts/secrets.ts';
import type { WeChatClientOptions } from '../../shared/wechat/client.ts';
import { sendThrough } from '../../shared/wechat/proxy.ts';
import type { Runtime } from '../runtime.ts';

/** The way that calls to WeChat take, and the address that WeChat sees of them, as the deployment was told. */
export function egressOf(
  { environment }: Runtime,
  secrets: SecretStore,
): Pick<WeChatClientOptions, 'send' | 'ownAddress'> {
  const url = environment.KEYRING_EGRESS_PROXY;
  const authenticate = environment.KEYRING_EGRESS_PROXY_AUTH === 'true';
  const credentials = authenticate && { credentials: () => secrets.getProxy() };
  return {
    ownAddress: environment.KEYRING_EGRESS_ADDRESS,
    ...(url !== undefined && { send: sendThrough({ url, ...credentials }) }),
  };
}
