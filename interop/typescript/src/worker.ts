// The entry of a module worker, which `CheckWorker` talks to.

import { answerTo, type Port } from "./protocol.js";

answerTo(globalThis as unknown as Port);
