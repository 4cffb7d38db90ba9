import type { CardFigure, CardText, FigureUnit } from '../../shared/modelCard';
import { useTexts } from '../texts/TextsContext';

interface FigureTableProps {
  figures: readonly CardFigure[];
  method: CardText | undefined;
}

/** Figures of drawn clips, each beside its ceiling and floor. */
export function FigureTable({ figures, method }: FigureTableProps) {
  const { card, language } = useTexts();
  return (
    <>
      <div className="table-scroll" role="region" aria-label={card.figures} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {[card.figure, card.drawn, card.ceiling, card.floor, card.clips].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {figures.map((figure) => (
              <tr key={figure.name.en}>
                <th scope="row">{figure.name[language.code]}</th>
                <td>{withInterval(figure)}</td>
                <td>{formatFigure(figure.ceiling, figure.unit)}</td>
                <td>{formatFigure(figure.floor, figure.unit)}</td>
                <td>{figure.clips ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">
        {card.figuresHelp} {method?.[language.code]}
      </p>
    </>
  );
}

/** "87.5 %" for shares, one decimal and the unit for others; empty when it is not known. */
export function formatFigure(value: number | undefined, unit: FigureUnit): string {
  if (value === undefined) return '';
  switch (unit) {
    case 'share':
      return `${(100 * value).toFixed(1)} %`;
    case 'points':
      return `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
    case 'dB':
      return `${value.toFixed(1)} dB`;
    case 'number':
      return value.toFixed(2);
  }
}

function withInterval({ value, low, high, unit }: CardFigure): string {
  const shown = formatFigure(value, unit);
  if (low === undefined || high === undefined) return shown;
  return `${shown} [${formatFigure(low, unit)}, ${formatFigure(high, unit)}]`;
}
