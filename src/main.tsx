import '@fontsource-variable/bricolage-grotesque/opsz.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/desk.css';
import './styles/sheet.css';
import './styles/panels.css';
import './styles/card.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { start } from './state/instance';
import { missingFeatures } from './state/missingFeatures';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root".');
const missing = missingFeatures();
createRoot(root).render(<App missing={missing} />);
if (missing.length === 0) start();
