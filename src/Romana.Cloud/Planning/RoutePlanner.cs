using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// From topology and inventory to the routes that every managed table should hold and the calls that take it there.
/// Pure: same input, same output; planning again on the result gives no change. The calls of one table are to be made
/// in their order, and a table's sequence ends at its first call that fails or whose answer is lost: read, plan again.
/// </summary>
public static class RoutePlanner
{
    public static RoutePlan Plan(Topology topology, Inventory inventory, PlanOptions options) =>
        throw new NotSupportedException("the planner is being built");
}
