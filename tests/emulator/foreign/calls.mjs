// Calls of Clerk's back-end SDK against the local Clerk. Reads {calls, ...options} as JSON from stdin, writes the answers.
import { createClerkClient } from "@clerk/backend";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { options, calls } = JSON.parse(Buffer.concat(chunks));
const clerk = createClerkClient({ ...options, telemetry: { disabled: true } });

async function authenticate({ url, headers, ...rest }) {
  const state = await clerk.authenticateRequest(new Request(url, { headers }), { ...options, ...rest });
  const auth = state.toAuth();
  return {
    status: state.status,
    reason: state.reason,
    message: state.message,
    location: state.headers.get("location"),
    cookies: state.headers.getSetCookie(),
    userId: auth?.userId ?? null,
    sessionId: auth?.sessionId ?? null,
    orgId: auth?.orgId ?? null,
    orgRole: auth?.orgRole ?? null,
    actor: auth?.actor ?? null,
    has: Object.fromEntries((rest.has ?? []).map((question) => [JSON.stringify(question), auth.has(question)])),
  };
}

const answers = [];
for (const [name, ...given] of calls) {
  try {
    const [resource, method] = name.split(".");
    const call = name === "authenticateRequest" ? authenticate : (...args) => clerk[resource][method](...args);
    answers.push({ value: JSON.parse(JSON.stringify(await call(...given)) ?? "null") });
  } catch (error) {
    answers.push({ error: error.errors?.[0]?.code ?? String(error), status: error.status ?? null });
  }
}
process.stdout.write(JSON.stringify(answers));
