import { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog } from '@jupyterlab/filebrowser';
import { TranslationBundle } from '@jupyterlab/translation';

/** Lets a person choose a notebook; resolves to its path, or null. */
export async function chooseNotebook(manager: IDocumentManager, trans: TranslationBundle): Promise<string | null> {
  const { button, value } = await FileDialog.getOpenFiles({
    manager,
    title: trans.__('Choose a notebook'),
    filter: item => (item.type === 'notebook' ? { score: 0 } : null)
  });
  const [chosen] = value ?? [];
  return button.accept && chosen?.type === 'notebook' ? chosen.path : null;
}
