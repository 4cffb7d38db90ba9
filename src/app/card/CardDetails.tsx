import type { ReactNode } from 'react';
import type { CardCost, CardLicence, ModelCard } from '../../shared/modelCard';
import { useTexts } from '../texts/TextsContext';
import { FigureTable } from './FigureTable';

/** The card below its word list: limits, figures, data, licences and cost. */
export function CardDetails({ card }: { card: ModelCard }) {
  const texts = useTexts();
  const { code } = texts.language;
  return (
    <div className="model-card">
      {card.limits.length > 0 && (
        <Section title={texts.card.limits}>
          <ul className="plain-list">
            {card.limits.map((limit) => (
              <li key={limit.en}>{limit[code]}</li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={texts.card.figures}>
        {card.figures.length > 0 ? (
          <FigureTable figures={card.figures} method={card.method} />
        ) : (
          <p>{texts.card.noFigures}</p>
        )}
      </Section>
      <Section title={texts.card.data}>
        <p>{card.data[code]}</p>
      </Section>
      <Section title={texts.card.licences}>
        <Licences licences={card.licences} />
      </Section>
      <Section title={texts.card.cost}>
        <Cost cost={card.cost} />
      </Section>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Licences({ licences }: { licences: readonly CardLicence[] }) {
  const { card, language } = useTexts();
  return (
    <ul className="plain-list">
      {licences.map(({ what, licence, by, url }) => (
        <li key={what.en}>
          {what[language.code]}: {card.licence(licence, by)}
          {url && (
            <>
              {' '}
              <a href={url} target="_blank" rel="noreferrer">
                {url.replace('https://', '')}
              </a>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function Cost({ cost }: { cost: CardCost }) {
  const { card, language } = useTexts();
  const { code } = language;
  const facts: [string, string][] = [
    ...cost.parts.map(({ name, minutes, steps, minutesBefore = 0 }): [string, string] => [
      name[code],
      card.part(minutes, steps, minutesBefore),
    ]),
    [card.startedFrom, cost.startedFrom ?? ''],
    [card.command, cost.command],
    [card.commit, cost.commit],
    ...cost.data.map(({ name, sha256 }): [string, string] => [card.dataHash(name[code]), sha256]),
  ];
  return (
    <>
      <p>{card.minutes(cost.minutes, cost.hardware)}</p>
      <dl className="model-facts">
        {facts
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </>
  );
}
