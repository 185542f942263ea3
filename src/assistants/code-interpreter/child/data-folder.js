/** Where code finds the files of its thread and leaves its own, as in OpenAI's code interpreter. */
const FOLDER = '/mnt/data';

/** Folders within folders beyond this are not looked into. */
const DEPTH_LIMIT = 16;

/** @typedef {{ name: string, path: string, size: number, stamp: string }} DataFile */

/** `/mnt/data`, seen from outside of Python. */
export class DataFolder {
  #fs;
  /** @type {Map<string, string>} what each file was when last looked at */
  #known = new Map();

  /** @param {import('pyodide').PyodideAPI['FS']} fs */
  constructor(fs) {
    this.#fs = fs;
    fs.mkdirTree(FOLDER);
    fs.chdir(FOLDER);
  }

  /**
   * @param {string} name
   * @param {Uint8Array} bytes
   */
  put(name, bytes) {
    const path = `${FOLDER}/${name}`;
    this.#fs.mkdirTree(path.slice(0, path.lastIndexOf('/')));
    // A copy: the file system keeps what it gets, and beside these bytes lie those of other frames.
    this.#fs.writeFile(path, new Uint8Array(bytes));
  }

  /** Takes note of what is there. */
  look() {
    this.#known = new Map(this.#list().map((file) => [file.name, file.stamp]));
  }

  /** @returns {DataFile[]} what is new or changed since `look` */
  changes() {
    return this.#list().filter((file) => this.#known.get(file.name) !== file.stamp);
  }

  /**
   * @param {DataFile} file
   * @returns {Uint8Array}
   */
  read(file) {
    return this.#fs.readFile(file.path);
  }

  /** @returns {DataFile[]} */
  #list(folder = FOLDER, depth = 0) {
    if (depth > DEPTH_LIMIT || !this.#isFolder(folder)) return [];
    return this.#fs.readdir(folder).flatMap((/** @type {string} */ entry) => {
      if (entry === '.' || entry === '..') return [];
      const path = `${folder}/${entry}`;
      const stat = this.#fs.lstat(path);
      if (this.#fs.isDir(stat.mode)) return this.#list(path, depth + 1);
      if (!this.#fs.isFile(stat.mode)) return [];
      const stamp = `${stat.size} ${stat.mtime.getTime()} ${stat.ctime.getTime()} ${stat.ino}`;
      return [{ name: path.slice(FOLDER.length + 1), path, size: stat.size, stamp }];
    });
  }

  /** @param {string} path which the code may have removed or replaced */
  #isFolder(path) {
    const { exists, object } = this.#fs.analyzePath(path, true);
    return exists && this.#fs.isDir(object.mode);
  }
}
