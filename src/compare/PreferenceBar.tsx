/** A share as a dot on its interval, from 0 to 1, with a line at one half. The numbers stand beside. */
export function PreferenceBar({ share, low, high }: { share: number; low: number; high: number }) {
  const x = (value: number): number => 2 + 96 * value;
  return (
    <svg className="preference-bar" viewBox="0 0 100 14" aria-hidden="true" focusable="false">
      <line className="axis" x1={x(0)} x2={x(1)} y1="7" y2="7" />
      <line className="half" x1={x(0.5)} x2={x(0.5)} y1="1" y2="13" />
      <line className="interval" x1={x(low)} x2={x(high)} y1="7" y2="7" />
      <circle className="share" cx={x(share)} cy="7" r="3.5" />
    </svg>
  );
}
