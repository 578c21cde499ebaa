export interface BasePin {
    name: string;
    version: string;
    integrity: string;
}

export function checkedBase(root: string, pin: BasePin): string;
