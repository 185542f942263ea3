import { webApi } from '@slack/bolt';

/**
 * A client for uploads that tells what an image shows as Slack calls it, `alt_txt`: `@slack/web-api` 8.2 sends `alt_text`, which
 * Slack leaves out. https://docs.slack.dev/reference/methods/files.getUploadURLExternal
 */
export class UploadClient extends webApi.WebClient {
  override apiCall(method: string, options: Record<string, unknown> = {}): Promise<webApi.WebAPICallResult> {
    if (method !== 'files.getUploadURLExternal') return super.apiCall(method, options);
    const { alt_text: alt_txt, ...others } = options;
    return super.apiCall(method, { ...others, alt_txt });
  }
}
