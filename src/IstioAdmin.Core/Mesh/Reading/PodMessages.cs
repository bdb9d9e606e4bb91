using Google.Protobuf;

namespace IstioAdmin.Core.Mesh.Reading;

// One class for each message, its wanted fields as a table: number << 3 | wire type. Each writes into the draft it was made for.

/// <summary>k8s.io.api.core.v1.Pod.</summary>
internal sealed class PodMessage : WireMessage
{
    private const uint Metadata = 1 << 3 | Bytes, Spec = 2 << 3 | Bytes, Status = 3 << 3 | Bytes;

    private readonly PodDraft _draft;
    private readonly MetadataMessage _metadata;
    private readonly SpecMessage _spec;
    private readonly StatusMessage _status;

    public PodMessage(PodDraft draft)
    {
        _draft = draft;
        _metadata = new(draft);
        _spec = new(draft);
        _status = new(draft);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Metadata: input.ReadMessage(_metadata); return true;
            case Spec when !_draft.IsLeftOut: input.ReadMessage(_spec); return true;
            case Status when !_draft.IsLeftOut: input.ReadMessage(_status); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta.</summary>
internal sealed class MetadataMessage : WireMessage
{
    private const uint Name = 1 << 3 | Bytes, Namespace = 3 << 3 | Bytes, Uid = 5 << 3 | Bytes,
        Labels = 11 << 3 | Bytes, Annotations = 12 << 3 | Bytes, OwnerReferences = 13 << 3 | Bytes;

    private readonly PodDraft _draft;
    private readonly EntryMessage _label = new(PodDraft.WantsLabel);
    private readonly EntryMessage _annotation = new(PodDraft.WantsAnnotation);
    private readonly OwnerMessage _owner = new();

    public MetadataMessage(PodDraft draft) => _draft = draft;

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Name: _draft.Name = input.ReadString(); return true;
            case Namespace: _draft.Namespace = input.ReadString(); return true;
            case Uid: _draft.Uid = input.ReadString(); return true;
            case Labels: _label.ReadInto(_draft.Labels, input); return true;
            case Annotations: _annotation.ReadInto(_draft.Annotations, input); return true;
            case OwnerReferences: _owner.ReadInto(_draft, input); return true;
            default: return false;
        }
    }
}

/// <summary>An entry of a <c>map&lt;string, string&gt;</c>. A value is read only if its name is wanted.</summary>
internal sealed class EntryMessage : WireMessage
{
    private const uint Key = 1 << 3 | Bytes, Value = 2 << 3 | Bytes;

    private readonly Func<string, bool> _wants;
    private string? _key;
    private string _value = "";

    public EntryMessage(Func<string, bool> wants) => _wants = wants;

    public void ReadInto(List<(string Name, string Value)> map, CodedInputStream input)
    {
        _key = null;
        _value = "";
        input.ReadMessage(this);
        if (_key is not null && _wants(_key))
            map.Add((_key, _value));
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Key: _key = input.ReadString(); return true;
            case Value when _key is null || _wants(_key): _value = input.ReadString(); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.apimachinery.pkg.apis.meta.v1.OwnerReference.</summary>
internal sealed class OwnerMessage : WireMessage
{
    private const uint Kind = 1 << 3 | Bytes, Name = 3 << 3 | Bytes, Controller = 6 << 3 | Varint;

    private string? _kind, _name;
    private bool _isController;

    public void ReadInto(PodDraft draft, CodedInputStream input)
    {
        _kind = _name = null;
        _isController = false;
        input.ReadMessage(this);
        if (_isController)
            (draft.OwnerKind, draft.OwnerName) = (_kind, _name);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Kind: _kind = input.ReadString(); return true;
            case Name: _name = input.ReadString(); return true;
            case Controller: _isController = input.ReadBool(); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.api.core.v1.PodSpec.</summary>
internal sealed class SpecMessage : WireMessage
{
    private const uint Containers = 2 << 3 | Bytes, NodeName = 10 << 3 | Bytes, HostNetwork = 11 << 3 | Varint, SecurityContext = 14 << 3 | Bytes,
        InitContainers = 20 << 3 | Bytes;

    private readonly PodDraft _draft;
    private readonly ContainerMessage _container = new();
    private readonly PodSecurityContextMessage _security;

    public SpecMessage(PodDraft draft)
    {
        _draft = draft;
        _security = new(draft);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Containers: _container.ReadInto(_draft.Containers.Add(), input); return true;
            case InitContainers: _container.ReadInto(_draft.InitContainers.Add(), input); return true;
            case NodeName: _draft.Node = input.ReadString(); return true;
            case HostNetwork: _draft.HostNetwork = input.ReadBool(); return true;
            case SecurityContext: input.ReadMessage(_security); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.api.core.v1.PodSecurityContext.</summary>
internal sealed class PodSecurityContextMessage : WireMessage
{
    private const uint RunAsUser = 2 << 3 | Varint, RunAsGroup = 6 << 3 | Varint;

    private readonly PodDraft _draft;

    public PodSecurityContextMessage(PodDraft draft) => _draft = draft;

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case RunAsUser: _draft.RunAsUser = input.ReadInt64(); return true;
            case RunAsGroup: _draft.RunAsGroup = input.ReadInt64(); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.api.core.v1.Container.</summary>
internal sealed class ContainerMessage : WireMessage
{
    private const uint Name = 1 << 3 | Bytes, Image = 2 << 3 | Bytes, Command = 3 << 3 | Bytes, Args = 4 << 3 | Bytes, Ports = 6 << 3 | Bytes,
        Env = 7 << 3 | Bytes, SecurityContext = 15 << 3 | Bytes;

    private readonly PortMessage _port = new();
    private readonly VariableMessage _variable = new();
    private readonly SecurityContextMessage _security = new();
    private ContainerDraft _draft = new();

    public void ReadInto(ContainerDraft draft, CodedInputStream input)
    {
        _draft = draft;
        input.ReadMessage(this);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Name: _draft.Name = input.ReadString(); return true;
            case Image: _draft.Image = input.ReadString(); return true;
            case Command when _draft.WantsCommand: _draft.Command.Add(input.ReadString()); return true;
            case Args when _draft.WantsArgument: _draft.Arguments.Add(input.ReadString()); return true;
            case Ports: _port.ReadInto(_draft, input); return true;
            case Env: _variable.ReadInto(_draft, input); return true;
            case SecurityContext: _security.ReadInto(_draft, input); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.api.core.v1.ContainerPort.</summary>
internal sealed class PortMessage : WireMessage
{
    private const uint ContainerPort = 3 << 3 | Varint, Protocol = 4 << 3 | Bytes;

    private long _number;
    private string? _protocol;

    public void ReadInto(ContainerDraft draft, CodedInputStream input)
    {
        _number = 0;
        _protocol = null;
        input.ReadMessage(this);
        draft.AddPort(_number, _protocol);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case ContainerPort: _number = input.ReadInt32(); return true;
            case Protocol: _protocol = input.ReadString(); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.api.core.v1.EnvVar.</summary>
internal sealed class VariableMessage : WireMessage
{
    private const uint Name = 1 << 3 | Bytes, Value = 2 << 3 | Bytes;

    private string? _name;
    private string _value = "";

    public void ReadInto(ContainerDraft draft, CodedInputStream input)
    {
        _name = null;
        _value = "";
        input.ReadMessage(this);
        if (_name is not null)
            draft.SetVariable(_name, _value);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Name: _name = input.ReadString(); return true;
            case Value when _name is null || ContainerDraft.WantsVariable(_name): _value = input.ReadString(); return true;
            default: return false;
        }
    }
}

/// <summary>k8s.io.api.core.v1.SecurityContext, with its Capabilities.</summary>
internal sealed class SecurityContextMessage : WireMessage
{
    private const uint Capabilities = 1 << 3 | Bytes, Privileged = 2 << 3 | Varint, RunAsUser = 4 << 3 | Varint, RunAsGroup = 8 << 3 | Varint;

    private readonly CapabilitiesMessage _capabilities = new();
    private ContainerDraft _draft = new();

    public void ReadInto(ContainerDraft draft, CodedInputStream input)
    {
        _draft = draft;
        input.ReadMessage(this);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Capabilities: _capabilities.ReadInto(_draft, input); return true;
            case Privileged: _draft.Privileged = input.ReadBool(); return true;
            case RunAsUser: _draft.RunAsUser = input.ReadInt64(); return true;
            case RunAsGroup: _draft.RunAsGroup = input.ReadInt64(); return true;
            default: return false;
        }
    }

    private sealed class CapabilitiesMessage : WireMessage
    {
        private const uint Add = 1 << 3 | Bytes;

        private ContainerDraft _draft = new();

        public void ReadInto(ContainerDraft draft, CodedInputStream input)
        {
            _draft = draft;
            input.ReadMessage(this);
        }

        protected override bool ReadField(uint tag, CodedInputStream input)
        {
            if (tag != Add)
                return false;
            _draft.AddCapability(input.ReadString());
            return true;
        }
    }
}

/// <summary>k8s.io.api.core.v1.PodStatus.</summary>
internal sealed class StatusMessage : WireMessage
{
    private const uint Phase = 1 << 3 | Bytes, Conditions = 2 << 3 | Bytes, PodIP = 6 << 3 | Bytes, ContainerStatuses = 8 << 3 | Bytes,
        InitContainerStatuses = 10 << 3 | Bytes, PodIPs = 12 << 3 | Bytes;

    private readonly PodDraft _draft;
    private readonly ContainerStatusMessage _container = new();
    private readonly PairMessage _condition = new();
    private readonly PairMessage _address = new();

    public StatusMessage(PodDraft draft) => _draft = draft;

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Phase: _draft.Phase = input.ReadString(); return true;
            case PodIP: _draft.PodIP = input.ReadString(); return true;
            case ContainerStatuses: _container.ReadInto(_draft.ContainerIds, input); return true;
            case InitContainerStatuses: _container.ReadInto(_draft.InitContainerIds, input); return true;
            case Conditions:
                _condition.Read(input);
                _draft.AddCondition(_condition.First, _condition.Second);
                return true;
            case PodIPs:
                _address.Read(input);
                _draft.AddAddress(_address.First);
                return true;
            default: return false;
        }
    }

    /// <summary>The first two fields, both strings: type and status of a PodCondition; the address of a PodIP.</summary>
    private sealed class PairMessage : WireMessage
    {
        public string? First { get; private set; }

        public string? Second { get; private set; }

        public void Read(CodedInputStream input)
        {
            First = Second = null;
            input.ReadMessage(this);
        }

        protected override bool ReadField(uint tag, CodedInputStream input)
        {
            switch (tag)
            {
                case 1 << 3 | Bytes: First = input.ReadString(); return true;
                case 2 << 3 | Bytes: Second = input.ReadString(); return true;
                default: return false;
            }
        }
    }
}

/// <summary>k8s.io.api.core.v1.ContainerStatus.</summary>
internal sealed class ContainerStatusMessage : WireMessage
{
    private const uint Name = 1 << 3 | Bytes, ContainerId = 8 << 3 | Bytes;

    private string? _name, _id;

    public void ReadInto(List<(string Name, string Value)> ids, CodedInputStream input)
    {
        _name = _id = null;
        input.ReadMessage(this);
        PodDraft.AddContainerId(ids, _name, _id);
    }

    protected override bool ReadField(uint tag, CodedInputStream input)
    {
        switch (tag)
        {
            case Name: _name = input.ReadString(); return true;
            case ContainerId: _id = input.ReadString(); return true;
            default: return false;
        }
    }
}
