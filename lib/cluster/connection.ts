import { ClusterApiError, errorWords } from "../_errors.ts";
import type { Send } from "./api.ts";

/** Where the kubelet puts what a pod's service account is known by. */
export const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Where the policy is mounted, as `policy.yaml`. */
export const POLICY_DIR = "/etc/hermes-boot";

const TIMEOUT_MS = 30_000;

/** A way to the API server. */
export interface Connection extends Disposable {
  /** Sends a request. */
  send: Send;
  /** The namespace of the pod. */
  namespace: string;
}

/**
 * Connects to the API server as the pod's service account. Its token is read
 * for each request: the kubelet renews it.
 * Needs `--allow-net` for the server and `--allow-read` for the directory.
 *
 * @param server The server's host and port.
 * @param dir Where the service account's files are. Default: {@linkcode SERVICE_ACCOUNT}.
 * @returns The way there.
 * @throws {Error} If the files cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { ClusterApi } from "./api.ts";
 * import { connect } from "./connection.ts";
 * using connection = connect("10.0.0.1:443");
 * const api = new ClusterApi(connection);
 * ```
 */
export function connect(server: string, dir: string = SERVICE_ACCOUNT): Connection {
  const client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(`${dir}/ca.crt`)] });
  const send: Send = async ({ method, path, body, signal = AbortSignal.timeout(TIMEOUT_MS) }) => {
    const headers = {
      "accept": "application/json",
      "authorization": `Bearer ${Deno.readTextFileSync(`${dir}/token`).trim()}`,
      // JSON is YAML; the body of a removal is plain JSON.
      "content-type": method === "PATCH" ? "application/apply-patch+yaml" : "application/json",
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      return await fetch(`https://${server}${path}`, { client, method, headers, signal, ...sent });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw new ClusterApiError(0, `no answer from ${server}: ${errorWords(error)}`);
    }
  };
  const namespace = Deno.readTextFileSync(`${dir}/namespace`).trim();
  return { send, namespace, [Symbol.dispose]: () => client.close() };
}
