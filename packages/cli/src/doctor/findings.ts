export type Severity = 'ok' | 'note' | 'warning' | 'problem';

/** One thing that was looked at. */
export interface Finding {
    readonly severity: Severity;
    /** What was looked at: one word. */
    readonly check: string;
    /** What is so, and what that means for sessions. */
    readonly message: string;
    /** What to do about it. */
    readonly advice?: string;
}

/** Gathers what is found, in the order in which it is. */
export class Findings {
    readonly all: Finding[] = [];

    constructor(private readonly onfinding: (finding: Finding) => void = () => undefined) {}

    ok(check: string, message: string): void {
        this.add({ severity: 'ok', check, message });
    }

    /** Something that may well be meant to be so. */
    note(check: string, message: string, advice?: string): void {
        this.add({ severity: 'note', check, message, ...(advice !== undefined && { advice }) });
    }

    /** Something that will do harm under circumstances that come about. */
    warning(check: string, message: string, advice: string): void {
        this.add({ severity: 'warning', check, message, advice });
    }

    /** Something that does not work now, or loses what was acknowledged without a warning. */
    problem(check: string, message: string, advice: string): void {
        this.add({ severity: 'problem', check, message, advice });
    }

    count(severity: Severity): number {
        return this.all.filter(finding => finding.severity === severity).length;
    }

    private add(finding: Finding): void {
        this.all.push(finding);
        this.onfinding(finding);
    }
}
