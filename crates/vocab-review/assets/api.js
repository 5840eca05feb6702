// Requests to the program that serves this page.

/** Why a request failed. `refused`: it will be refused again, however often it is sent. */
export class RequestError extends Error {
  constructor(message, refused) {
    super(message);
    this.refused = refused;
  }
}

const REFUSED = [400, 413, 415, 422];

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", redirect: "error", ...options });
  } catch {
    throw new RequestError("the program does not answer: is it still running?", false);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new RequestError(answer.error ?? `status ${response.status}`, REFUSED.includes(response.status));
}

export const get = (path, query = {}) => {
  const words = new URLSearchParams(query).toString();
  return request(words ? `${path}?${words}` : path, {});
};

export const post = (path, body) =>
  request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
