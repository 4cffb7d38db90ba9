/** Comlink entry of the export worker, no logic. */
import { expose, transfer } from 'comlink';
import type { EncodedFile, ExportApi } from '../src/shared/exportProtocol';
import { encodeGif } from './stages/encodeGif';
import { encodeMp4 } from './stages/encodeMp4';
import { encodePngZip } from './stages/encodePngZip';

const moved = (file: EncodedFile): EncodedFile => transfer(file, [file.bytes.buffer]);

const api: ExportApi = {
  mp4: async (clip, info) => moved(await encodeMp4(clip, info)),
  gif: (clip, info) => Promise.resolve(moved(encodeGif(clip, info))),
  pngZip: (clip, info) => Promise.resolve(moved(encodePngZip(clip, info))),
};

expose(api);
