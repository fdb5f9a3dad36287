// What the build puts in.

/** The program's version. */
declare const __VERSION__: string;
