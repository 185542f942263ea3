import { isRoot } from './another-user.ts';
import { ALL_WALLS, type Wall, type Walls } from './wall.ts';

/** What is told of one wall. */
export interface ToldWall {
  readonly stands: boolean;
  /** Whole sentences; of one that is missing also what to do. */
  readonly text: string;
}

/** What is told of a wall that stands, and of one that does not. */
const TOLD: Readonly<Record<Wall, readonly [stands: string, missing: string]>> = {
  files: [
    'They have no files but those that they run.',
    'Nothing but Node.js keeps them from the files here',
  ],
  network: ['They have no network.', 'Nothing but Node.js keeps them from the network'],
  processes: [
    'They can neither read nor end another process.',
    'Nothing but Node.js keeps them from the other processes of their user, which is Bobbin’s',
  ],
  privileges: [
    'They have no rights of their own and get none.',
    'Nothing but Node.js keeps them from programs that give rights',
  ],
  user: ['They run as another user than Bobbin, who is root.', 'They run as root, as Bobbin does'],
  calls: [
    'They can make none of the system calls that they do not need.',
    'They can make every system call that the kernel lets a user make',
  ],
  limits: [
    'They write into no file and leave no image of their memory.',
    'The size of what they write has no limit of the system’s',
  ],
  sacrifice: [
    'Where memory runs out, the system ends them before Bobbin.',
    'Where memory runs out, the system may end Bobbin before them',
  ],
};

/** On other systems than Linux. */
const ELSEWHERE =
  'Python and what reads documents is shut in by Node.js alone: this operating system has no walls that Bobbin knows. On Linux, as in the image, it has.';

/** What to do where nobody has said why bubblewrap does not work. */
const INSTALL =
  'install bubblewrap (apt-get install bubblewrap), or a system with util-linux 2.41 and Linux 5.13 or later';

/** Each wall in a sentence of its own, for whoever runs Bobbin. */
export function tellWalls(
  { construction, standing, refusals }: Walls,
  platform = process.platform,
): ToldWall[] {
  if (platform !== 'linux') return [{ stands: false, text: ELSEWHERE }];
  const advice = refusals.length === 0 ? INSTALL : `${INSTALL}; what is here said: ${refusals.join('; ')}`;
  const walls = ALL_WALLS.filter((wall) => wall !== 'user' || isRoot()).map((wall) => {
    const [stands, missing] = TOLD[wall];
    if (standing.has(wall)) return { stands: true, text: stands };
    const remedy = wall === 'user' ? 'start Bobbin as a user that is not root' : advice;
    return { stands: false, text: `${missing}: ${remedy}.` };
  });
  const some = standing.size > 0;
  const head = some
    ? `Around Python and what reads documents the operating system stands, by ${construction.name}.`
    : 'Around Python and what reads documents nothing stands but Node.js.';
  return [{ stands: some, text: head }, ...walls];
}
