namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>The containers of the pod that is being read; the objects are used again for the next pod.</summary>
internal sealed class ContainerDrafts
{
    private readonly List<ContainerDraft> _drafts = [];

    public int Count { get; private set; }

    public ContainerDraft this[int index] => _drafts[index];

    public ContainerDraft Add()
    {
        if (Count == _drafts.Count)
            _drafts.Add(new());
        ContainerDraft draft = _drafts[Count++];
        draft.Clear();
        return draft;
    }

    public void Clear() => Count = 0;

    /// <summary>The container of this name; of several, the last.</summary>
    public ContainerDraft? Find(string name)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            if (_drafts[i].Name == name)
                return _drafts[i];
        }
        return null;
    }
}
