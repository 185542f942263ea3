import { z } from 'zod';
import type { Identity } from '../identity.ts';

const id = z.string().nullish().catch(undefined);
const named = z.object({ id }).nullish().catch(undefined);
const installation = z.object({ team_id: id, enterprise_id: id });

/** What says whose it is of everything that Slack sends: events, clicks, forms, shortcuts and commands. */
const told = z.object({
  api_app_id: id,
  team_id: id,
  context_team_id: id,
  enterprise_id: id,
  context_enterprise_id: id,
  authorizations: z.array(installation).nullish().catch(undefined),
  team: named,
  enterprise: named,
  view: z.object({ app_installed_team_id: id }).nullish().catch(undefined),
});

/**
 * Whose it is that Slack sends, if it is not for this app as it is installed here. An app that is installed in several
 * workspaces is sent the events of all of them, signed alike. What happens in a channel that is shared with another
 * workspace carries that one's id, and beside it through which installation it is seen
 * (https://docs.slack.dev/apis/events-api); of people from there a click names the app's workspace as its team.
 */
export function strangerIn(body: unknown, { app, team, enterprise }: Identity): string | undefined {
  const { data } = told.safeParse(body);
  if (!data) return 'nobody';
  const { api_app_id: given, authorizations, view } = data;
  if (given && app !== undefined && given !== app) return given;
  const installations = authorizations ?? [];
  const teams = [
    view?.app_installed_team_id,
    data.team?.id,
    data.team_id,
    data.context_team_id,
    ...installations.map(({ team_id }) => team_id),
  ];
  const organizations = [
    data.enterprise?.id,
    data.enterprise_id,
    data.context_enterprise_id,
    ...installations.map(({ enterprise_id }) => enterprise_id),
  ];
  const isOurs = teams.includes(team) || (enterprise !== undefined && organizations.includes(enterprise));
  return isOurs ? undefined : (teams.find((one) => one) ?? 'nobody');
}
