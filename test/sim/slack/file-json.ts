import { extname } from 'node:path';
import type { Json, SlackFile } from './objects.ts';
import type { Workspace } from './workspace.ts';

const TYPES: Record<string, string> = {
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain',
};

/** Slack goes by the file's name. */
export function mimetypeOf(name: string): string {
  return TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}

/** A file as messages show it: of some hardly more than that it is there (payloads that others saw and documented). */
export function fileInMessage(workspace: Workspace, origin: string, file: SlackFile): Json {
  switch (file.state) {
    case 'check_file_info':
    case 'access_denied':
      return {
        id: file.id,
        mode: 'file_access',
        file_access: 'check_file_info',
        created: 0,
        timestamp: 0,
        user: '',
      };
    case 'tombstone':
    case 'hidden_by_limit':
      return { id: file.id, mode: file.state };
    default:
      return fileJson(workspace, origin, file);
  }
}

/** A file as the Web API shows it; its content is behind `url_private`, for a Bearer token. */
export function fileJson(workspace: Workspace, origin: string, file: SlackFile): Json {
  const isExternal = file.state === 'external';
  const path = `${workspace.team.id}-${file.id}`;
  const name = encodeURIComponent(file.name);
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: extname(file.name).slice(1) || 'binary',
    pretty_type: file.mimetype,
    ...(file.alt !== undefined && { alt_txt: file.alt }),
    user: file.user,
    user_team: workspace.team.id,
    editable: false,
    size: file.length,
    mode: isExternal ? 'external' : 'hosted',
    is_external: isExternal,
    external_type: isExternal ? 'gdrive' : '',
    is_public: false,
    public_url_shared: false,
    display_as_bot: false,
    username: '',
    ...(isExternal
      ? { url_private: `https://docs.example/${file.id}` }
      : {
          url_private: `${origin}/files-pri/${path}/${name}`,
          url_private_download: `${origin}/files-pri/${path}/download/${name}`,
        }),
    permalink: `${origin}/files/${file.user}/${file.id}/${name}`,
    channels: [...file.channels].filter((id) => id.startsWith('C')),
    groups: [],
    ims: [...file.channels].filter((id) => id.startsWith('D')),
    file_access: 'visible',
  };
}
