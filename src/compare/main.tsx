import '@fontsource-variable/bricolage-grotesque/opsz.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/layout.css';
import '../styles/panels.css';
import '../styles/card.css';
import '../styles/compare.css';
import { createRoot } from 'react-dom/client';
import { registerServiceWorker } from '../serviceWorkerControl';
import { CompareApp } from './CompareApp';
import { VoteStore } from './study/voteStore';
import { createStudyStore } from './studyStore';

const root = document.getElementById('root');
if (!root) throw new Error('compare.html has no element with the id "root".');
const { store, actions } = createStudyStore(new VoteStore(localStorage));
createRoot(root).render(<CompareApp store={store} actions={actions} />);
registerServiceWorker();
