/** Only the platform that is asked for is loaded. */
await import(process.env.PLATFORM === 'discord' ? './discord.ts' : './slack.ts');
