import { Problem } from '../../problem.ts';

/** A database server has a tool of its own, which knows how to do it while everybody goes on. */
export function backsUpItself(): Problem {
  return new Problem(
    'Everything is kept in the PostgreSQL of DATABASE_URL, which has tools for that: pg_dump --format=custom --file=FILE "$DATABASE_URL" writes a backup while Bobbin runs, and pg_restore brings it back.',
  );
}
