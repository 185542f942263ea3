import type { ModelItem, ModelRequest, RefusedContent } from '../model.ts';
import type { Failure } from './failure.ts';
import { isContextExceeded, isQuotaUsedUp, isTooLarge, isUnknownModel } from './symptoms.ts';

/**
 * The words of content filters: Azure ("content management policy", `ResponsibleAIPolicyViolation`), OpenAI ("flagged
 * as potentially violating our usage policy"), OpenRouter ("requires moderation"), DeepSeek ("Content Exists Risk"),
 * Alibaba (`data_inspection_failed`), Gemini (`PROHIBITED_CONTENT`).
 */
const FILTER =
  /content[_ -]?(filter|polic|management|moderation|violation)|responsible ?ai|usage polic|safety (system|polic|filter|setting|reason)|\bflagged\b|\bmoderation\b|content exists risk|data_?inspection|inappropriate content|(sensitive|harmful|unsafe|prohibited)[_ ](content|information|words|material)|blocked (by|due to|for) .{0,40}(safety|polic|filter)|cyber_policy|敏感|违规/i;

/** What is about the person who pays and not about what was said. */
const ABOUT_AN_ACCOUNT = /\b(account|api key|organi[sz]ation|subscription)\b/i;

const ABOUT_IMAGES = /image|picture|photo|vision|visual|multi-?modal|mmproj/i;

/** Servers that know no content but text put it so: https://github.com/huggingface/text-generation-inference/issues/2086 */
const TEXT_ONLY =
  /content\b.{0,60}(must be|should be|expected) (a|a valid|an?) string|input should be a valid string/i;

const NOT_TAKEN =
  /not support|unsupported|support image|not (enabled|allowed|available|accepted)|unknown variant|mmproj|cannot (process|handle|accept|take|read) image|text[- ]only|only (supports? )?text|not (a )?(multi-?modal|vision)|no (vision|image)|invalid (content )?type|invalid value: '?(image_url|input_image)/i;

/** One picture's own fault: its format, its size, its address. */
const ONE_IMAGE =
  /invalid_image|image_parse|image (type|format|media|url|size|file|data)|(size|format|type) of (the |an |your )?image|image\b.{0,60}(exceed|too (large|big|small)|corrupt|invalid|not valid)|(download|fetch|decode|load|process|parse|open|read)\w*\b.{0,40}image|(invalid|corrupt\w*|unsupported) (image|media)/i;

/** What of the conversation the provider refuses; undefined when it complains about something else. */
export function refusedContent(failure: Failure, request: ModelRequest): RefusedContent | undefined {
  const { status, code } = failure;
  if (status !== undefined && [401, 402, 429].includes(status)) return undefined;
  if (isQuotaUsedUp(failure)) return undefined;
  // A model may be called after what it sees, and a filter after what it reads.
  const said = `${code} ${failure.param} ${failure.words.replaceAll(request.model, '')}`;
  if (FILTER.test(said) && !ABOUT_AN_ACCOUNT.test(said)) return 'words';
  if (!request.items.some(hasImage)) return undefined;
  if (isTooLarge(failure)) return 'size';
  if (isContextExceeded(failure)) return undefined;
  if (TEXT_ONLY.test(said)) return 'images';
  if (!ABOUT_IMAGES.test(said) || isUnknownModel(failure)) return undefined;
  if (ONE_IMAGE.test(said) && !/\b(support image|mmproj|unknown variant)/i.test(said)) return 'image';
  if (NOT_TAKEN.test(said)) return 'images';
  const blamesUs = status !== undefined && status < 500;
  return blamesUs ? 'image' : undefined;
}

function hasImage(item: ModelItem): boolean {
  return item.type === 'message' && item.content.some(({ type }) => type === 'image');
}
