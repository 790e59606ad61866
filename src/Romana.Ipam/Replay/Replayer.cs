using System.Text.Json;
using System.Text.Json.Nodes;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>
/// Runs the steps of a vector file on an allocator of its own and answers one JSON object per step. The virtual clock moves
/// one hour between steps, which ends every reuse delay; so nothing here has to wait or to remember when.
/// </summary>
public sealed class Replayer
{
    private readonly ReplayAllocator allocator = new();

    /// <summary>Where the steps so far have led.</summary>
    public ReplayAllocator Allocator => allocator;

    /// <summary>Applies the file's own topology, before the first step.</summary>
    public Refusal? Begin(JsonObject file) => file["topology"] is { } topology ? allocator.UpdateTopology(topology.ToJsonString()) : null;

    /// <summary>Lazily: a step runs when its answer is asked for.</summary>
    public IEnumerable<JsonObject> Run(JsonObject file) =>
        (file["steps"] as JsonArray ?? []).Select((step, index) => Answer(index, step as JsonObject ?? []));

    private JsonObject Answer(int index, JsonObject step)
    {
        var input = new StepInput(step);
        var fields = new JsonObject();
        var refusal = Do(input, fields);
        var answer = new JsonObject { ["step"] = index, ["op"] = input.Op, ["ok"] = refusal is null };
        if (refusal is not null)
        {
            answer["error"] = refusal.Code;
            answer["message"] = refusal.Message;
            return answer;
        }

        foreach (var (key, value) in fields.ToList())
        {
            fields.Remove(key);
            answer[key] = value;
        }

        return answer;
    }

    private Refusal? Do(StepInput step, JsonObject fields) => step.Op switch
    {
        "update_topology" => step.Json("topology") is { } document ? allocator.UpdateTopology(document) : Bad("update_topology needs a topology"),
        "add_host" => AddHost(step, fields),
        "remove_host" => allocator.RemoveHost(step.Selector),
        "update_host_labels" => allocator.UpdateHostLabels(step.Selector, step.Labels()),
        "allocate" => Allocate(step, fields),
        "deallocate" => step.Text("address") is { } address ? allocator.Deallocate(address) : Bad("deallocate needs an address: its name or IP"),
        "black_out" => WithCidr(step, allocator.BlackOut),
        "un_black_out" => WithCidr(step, allocator.UnBlackOut),
        "list_blocks" => ListBlocks(fields),
        "list_hosts" => ListHosts(fields),
        "group_hosts" => GroupHosts(step.Text("network") ?? "", fields),
        "lookup" => Lookup(step.Text("name") ?? "", fields),
        "save_load" => SaveLoad(),
        "cidr_info" => WithCidr(step, cidr => CidrInfo(cidr, fields)),
        _ => Bad($"the operation '{step.Op}' is not known"),
    };

    private Refusal? AddHost(StepInput step, JsonObject fields)
    {
        if (step.NewHost() is not { } host) return Bad("a host needs a name and an ip");
        var refusal = allocator.AddHost(host, out var seats);
        fields["groups"] = new JsonObject(seats.Select(seat => KeyValuePair.Create<string, JsonNode?>(seat.Network, PlaceOf(seat))));
        return refusal;
    }

    private JsonObject PlaceOf(Seat seat)
    {
        var leaf = allocator.Topology.Network(seat.Network)!.Leaves.First(leaf => leaf.Cidr == seat.Leaf);
        return new JsonObject { ["path"] = PathOf(leaf), ["cidr"] = leaf.Cidr.ToString() };
    }

    private Refusal? Allocate(StepInput step, JsonObject fields)
    {
        if (string.IsNullOrEmpty(step.Text("name"))) return Bad("allocate needs a name for the address");
        var refusal = allocator.Allocate(
            step.Text("name")!, step.Text("host") ?? "", step.Text("tenant") ?? "", step.Text("segment") ?? "", out var ip);
        fields["ip"] = ip.ToString();
        return refusal;
    }

    private Refusal? ListBlocks(JsonObject fields)
    {
        var blocks = allocator.Blocks.Select(block => new JsonObject
        {
            ["cidr"] = block.Cidr.ToString(),
            ["host"] = block.Host,
            ["tenant"] = block.Owner.Tenant ?? "",
            ["segment"] = block.Owner.Segment ?? "",
            ["allocated_ip_count"] = block.Addresses.Count,
        }).ToArray<JsonNode>();
        fields["blocks"] = new JsonArray(blocks);
        fields["count"] = blocks.Length;
        fields["allocation_revision"] = allocator.AllocationRevision;
        return null;
    }

    private Refusal? ListHosts(JsonObject fields)
    {
        var hosts = allocator.Seats.Select(seat => seat.Host).DistinctBy(host => host.Name).OrderBy(host => host.Name, StringComparer.Ordinal).ToList();
        fields["names"] = new JsonArray([.. hosts.Select(host => (JsonNode)host.Name)]);
        var ports = hosts.Select(host => host.AgentPort).DefaultIfEmpty(ReplayHost.DefaultAgentPort).Distinct().ToList();
        fields["agent_port"] = ports.Count == 1 ? ports[0] : new JsonArray([.. hosts.Select(host => (JsonNode)host.AgentPort)]);
        return null;
    }

    private Refusal? GroupHosts(string name, JsonObject fields)
    {
        if (allocator.Topology.Network(name) is not { } network) return new Refusal("network_not_found", $"no network has the name '{name}'");
        // The root is shown only where it takes hosts itself; padding is shown, with nobody in it.
        var groups = network.Root is null ? [] : network.Root.SelfAndBelow.Where(group => group.Path.Length > 0 || group.Kind == GroupKind.Hosts);
        fields["groups"] = new JsonArray([.. groups.Select(group =>
        {
            var hosts = allocator.HostsIn(group).Select(host => (JsonNode)host.Name).ToArray();
            return (JsonNode)new JsonObject
            {
                ["path"] = PathOf(group),
                ["cidr"] = group.Cidr.ToString(),
                ["host_count"] = hosts.Length,
                ["hosts"] = new JsonArray(hosts),
            };
        })]);
        return null;
    }

    private Refusal? Lookup(string name, JsonObject fields)
    {
        if (allocator.Lookup(name) is not { } address) return new Refusal("not_found", $"no address has the name '{name}'");
        fields["ip"] = address.Ip.ToString();
        return null;
    }

    private Refusal? SaveLoad()
    {
        allocator.Load(allocator.Save());
        return null;
    }

    private static Refusal? CidrInfo(Cidr cidr, JsonObject fields)
    {
        fields["start"] = cidr.First.ToString();
        fields["end"] = cidr.Last.ToString();
        return null;
    }

    private static Refusal? WithCidr(StepInput step, Func<Cidr, Refusal?> act) =>
        Cidr.TryParseMasking(step.Text("cidr"), out var cidr, out var reason) ? act(cidr) : new Refusal("invalid_cidr", reason);

    private static Refusal Bad(string message) => new("bad_request", message);

    private static JsonArray PathOf(Group group) => new([.. group.Path.Select(index => (JsonNode)index)]);
}
