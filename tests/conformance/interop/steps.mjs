// Steps of a run: a line each, and what was heard between them.

let passed = 0;

/** What a client was told: the kind of the event, and its data. */
export const heard = [];

/** One step of the client that is named; the first one that fails ends the run. */
export async function step(client, name, run) {
  try {
    await run();
  } catch (error) {
    console.error(error);
    console.log(`not ok ${client}: ${name}\n${passed} passed, 1 failed`);
    process.exit(1);
  }
  passed += 1;
  console.log(`ok ${passed} ${client}: ${name}`);
}

/** The first event of a kind that fits, heard already or to be heard; each is found once. */
export async function hear(kind, fits = () => true, within = 15_000) {
  const until = Date.now() + within;
  for (;;) {
    const at = heard.findIndex((event) => event.kind === kind && fits(event.data ?? {}));
    if (at >= 0) return heard.splice(at, 1)[0].data;
    if (Date.now() > until) {
      const kinds = heard.map((event) => `${event.kind} ${event.data?.ContentType ?? ""}`);
      throw new Error(`no ${kind} within ${within} ms; left over: ${kinds.join(", ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Hears all these kinds of a chatjs session. */
export function listen(session, kinds) {
  for (const kind of kinds) session[kind]((event) => heard.push({ kind, data: event?.data }));
}

export function finish() {
  console.log(`${passed} passed, 0 failed`);
  process.exit(0);
}
