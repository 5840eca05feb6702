// Requests to the program that serves this page.

/** Milliseconds after which an answer is not waited for. A stroke over everything takes its time. */
const PATIENCE = { GET: 8_000, POST: 90_000 };

/**
 * Why a request failed. `status`: 0 if there was no answer. `refused`: it will be refused again,
 * however often it is sent. `isKnown`: what was asked for was not done.
 */
export class RequestError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
    this.isKnown = status !== 0 && status !== 500;
    this.refused = [400, 413, 415, 422].includes(status);
  }
}

async function request(path, options) {
  let response;
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE[options.method]);
    response = await fetch(path, { cache: "no-store", redirect: "error", signal, ...options });
    answer = await response.json().catch((error) => {
      if (response.ok) throw error;
      return {};
    });
  } catch {
    throw new RequestError("the program does not answer", 0);
  }
  if (response.ok) return answer;
  throw new RequestError(answer.error ?? `status ${response.status}`, response.status);
}

export const get = (path, query = {}) => {
  const words = new URLSearchParams(query).toString();
  return request(words ? `${path}?${words}` : path, { method: "GET" });
};

export const post = (path, body) =>
  request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
