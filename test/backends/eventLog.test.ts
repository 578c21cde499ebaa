import { InMemoryEventLog } from '@mcp-sessions/core';
import { describeEventLog, type OpenLog } from './contract/eventLog.js';

interface LogCase {
    readonly name: string;
    readonly open: OpenLog;
    /** Random sequences beside the model. */
    readonly runs?: number;
}

const openMemory: OpenLog = async limits => {
    const log = new InMemoryEventLog(limits);
    return { log: () => log, close: () => log.close() };
};

/** Every backend that has an event log. */
const cases: LogCase[] = [{ name: 'InMemoryEventLog', open: openMemory, runs: 150 }];

for (const { name, open, runs = 50 } of cases) {
    describeEventLog(name, open, { runs });
}
