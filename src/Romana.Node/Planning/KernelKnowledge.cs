using Romana.Node.Planning.Vlans;

namespace Romana.Node.Planning;

/// <summary>All that the store says of what this host's kernel shall hold.</summary>
internal sealed record KernelKnowledge(FabricKnowledge Fabric, VlanKnowledge Vlans)
{
    public KernelKnowledge(FabricKnowledge fabric) : this(fabric, new VlanKnowledge())
    {
    }
}
