/** Takes a warning: one line, without a program name. */
export type Warn = (message: string) => void;
