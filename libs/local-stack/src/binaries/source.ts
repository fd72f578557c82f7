/** A place a server program can be downloaded from. */
export interface BinarySource {
  /** How the source is called in progress lines and errors. */
  title: string;
  /** What to do when this source fails. */
  remedy: string;
  /** The name of the program in the cache; it holds the version, so that a new version is a new file. */
  cacheName: string;
  /** Downloads the program into the directory and answers its path, or throws why it cannot. */
  download(dir: string, signal?: AbortSignal): Promise<string>;
}

/** A server program: what it may be called on PATH, and where else it comes from. */
export interface Binary {
  title: string;
  namesOnPath: string[];
  /** The variable by which a running server can be given instead, where there is one. */
  variable?: string;
  sources: BinarySource[];
}

/** What a caller may hand in while a program is looked for. */
export interface Provisioning {
  onLog?: (line: string) => void;
  signal?: AbortSignal;
}
