/** Languages whose words of mere grammar are known. */
export type Language = 'en' | 'de';

/**
 * Words that a sentence needs and that say nothing of what it is about: articles, pronouns, prepositions, conjunctions,
 * auxiliary verbs, question words and words of courtesy, of any form. No noun, and no verb that could be what a document is
 * about; "will" and "die" are left out in the language in which they are words.
 */
const STOP_WORDS: Record<Language, ReadonlySet<string>> = {
  en: words(`
    a an the this that these those such some any each every either neither both all no none other another same own
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves one ones someone somebody something anyone anybody anything everyone
    everything nobody nothing
    who whom whose which what when where why how whether whatever whichever whenever wherever
    am is are was were be been being do does did doing done have has had having can could may might must shall should will
    would ought cannot isn aren wasn weren don doesn didn haven hasn hadn can't couldn mustn shouldn won wouldn ll ve re
    i'm i've i'd i'll we're we've we'd we'll you're you've you'll it's that's there's what's who's where's how's let's
    don't doesn't didn't isn't aren't wasn't weren't haven't hasn't won't wouldn't couldn't shouldn't
    about above across after against along among around as at before behind below beneath beside besides between beyond by
    despite down during except for from in inside into like near of off on onto out outside over per since than through
    throughout till to toward towards under until unto up upon via with within without
    and or but nor so yet if then else because although though while whereas unless therefore thus hence however
    not only just also too very really quite rather even still already again ever never always often sometimes here there
    now more most less least much many few several enough
    get gets got please thanks thank hello hi hey tell know want need
  `),
  de: words(`
    der die das den dem des ein eine einer eines einem einen kein keine keiner keines keinem keinen dieser diese dieses
    diesem diesen jener jene jenes jenem jenen jeder jede jedes jedem jeden mancher manche manches manchem manchen
    solcher solche solches solchem solchen alle aller alles allem allen beide beiden selbst selber
    ich mich mir mein meine meiner meines meinem meinen wir uns unser unsere unserer unseres unserem unseren
    du dich dir dein deine deiner deines deinem deinen ihr euch euer eure eurer eures eurem euren
    er ihn ihm sein seine seiner seines seinem seinen sie ihnen ihre ihrer ihres ihrem ihren es sich man jemand jemanden
    jemandem niemand niemanden niemandem etwas nichts
    wer wen wem wessen was welcher welche welches welchem welchen wann wo wohin woher warum weshalb wieso wie wofür wozu
    womit wodurch woran worauf wobei wovon ob
    bin bist ist sind seid war warst waren wart sei seien gewesen wäre wären werde wirst wird werden werdet wurde wurden
    geworden worden würde würden habe hast hat haben habt hatte hatten gehabt hätte hätten kann kannst können könnt konnte
    konnten könnte könnten darf darfst dürfen dürft durfte durften dürfte muss musst müssen müsst musste mussten müsste
    soll sollst sollen sollt sollte sollten will willst wollen wollt wollte wollten mag magst mögen möchte möchten möchtest
    tun tut tue getan
    an am auf aus außer bei beim bis durch für gegen gegenüber hinter hinterm im in ins mit nach neben ohne seit statt trotz
    über um unter vom von vor während wegen zu zum zur zwischen
    und oder aber denn sondern doch sowie sowohl als weder noch wenn dann falls weil da dass damit obwohl indem nachdem bevor
    sobald solange also deshalb deswegen daher darum
    nicht nur auch schon sehr so ja nein mal eben halt etwa immer nie niemals oft manchmal hier dort jetzt nun wieder mehr
    meist wenig weniger viel viele vielen genug dabei dafür dagegen daran darauf davon dazu
    bitte danke hallo gibt geht gehts sag sage
  `),
};

const LANGUAGES = Object.keys(STOP_WORDS) as Language[];

/** The language that more of the words belong to than to another; undefined where that cannot be told. */
export function languageOf(all: readonly string[]): Language | undefined {
  const [first, second] = LANGUAGES.map((language): [Language, number] => [
    language,
    all.filter((word) => STOP_WORDS[language].has(word)).length,
  ]).sort(([, one], [, other]) => other - one);
  return first !== undefined && first[1] > (second?.[1] ?? 0) ? first[0] : undefined;
}

/** Whether a word in small letters is one of mere grammar: in the language, or in any where it is not known. */
export function isStopWord(word: string, language: Language | undefined): boolean {
  if (language !== undefined) return STOP_WORDS[language].has(word);
  return LANGUAGES.some((one) => STOP_WORDS[one].has(word));
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}
