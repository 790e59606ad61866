using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Show;

/// <summary>Prints zones, hosts, blocks and route tables: Romana's words beside what stands in the VPC.</summary>
internal sealed class PicturePrinter(SimulatedVpc vpc, Screen screen)
{
    /// <summary>Host rows of a whole picture; beyond it a subnet shows its first ones and counts the rest.</summary>
    private const int RowsPerSubnet = 6;
    private const int RoutesPerTable = 30;

    /// <summary>True when every block is reached.</summary>
    public bool Print(Picture picture)
    {
        foreach (var zone in vpc.State.Subnets.Values.Select(subnet => subnet.Zone).Distinct()) PrintZone(picture, zone);
        foreach (var table in vpc.State.Tables.Values) PrintTable(picture, table);
        foreach (var same in picture.Conditions.GroupBy(condition => (condition.Type, condition.Message)))
            screen.Bad($"note: {string.Join(", ", same.Select(one => NameOf(one.Table)))}: {same.Key.Type}: {same.Key.Message}");
        var reach = Reachability.Of(vpc, picture);
        var line = $"Reachable: {reach.Reached} of {reach.Blocks} blocks, looked up from each of {vpc.State.Subnets.Count} subnets.";
        screen.Say("");
        if (reach.Reached == reach.Blocks) screen.Good(line);
        else screen.Bad(line);
        return reach.Reached == reach.Blocks;
    }

    /// <summary>One line: how full the tables are.</summary>
    public string Fill() => "tables: " + string.Join(", ", vpc.State.Tables.Values.Select(table => $"{NameOf(table)} {Used(table)}"));

    /// <summary>"zone-a" for a table, "host-7" for an interface, the id for anything else.</summary>
    public string NameOf(string id)
    {
        var state = vpc.State;
        if (state.Tables.TryGetValue(id, out var table)) return NameOf(table);
        return state.Interfaces.TryGetValue(id, out var eni) && eni.Attachment is { } at ? state.Instances[at.InstanceId].Name : id;
    }

    private static string NameOf(RouteTable table) => table.Tags.GetValueOrDefault("Name", table.Id);

    private string Used(RouteTable table) => $"{RouteRules.Used(vpc.State, table, IpFamily.IPv4)}/{table.Quota ?? vpc.Behaviour.RouteQuota}";

    private void PrintZone(Picture picture, string zone)
    {
        var rows = new List<string[]>();
        foreach (var subnet in vpc.State.Subnets.Values.Where(subnet => subnet.Zone == zone))
        {
            var hosts = picture.Hosts.Where(host => host.Subnet == subnet.Id && host.Condition != "dead").OrderBy(host => Number(host.Name)).ToList();
            rows.Add([$"subnet {subnet.Tags["Name"]}", subnet.Cidr.ToString(), Segment(picture, subnet.Id), ""]);
            rows.AddRange(hosts.Take(RowsPerSubnet).Select(host => (string[])
                [$"  {host.Name}", host.Address, BlocksOf(host), host.Condition == "live" ? "" : host.Condition]));
            if (hosts.Count > RowsPerSubnet) rows.Add([$"  and {hosts.Count - RowsPerSubnet} more", "", "", ""]);
        }

        screen.Table($"Zone {zone}: pods in {Segment(picture, zone)}", ["", "address", "pods", ""], rows);
    }

    private static string BlocksOf(PictureHost host) =>
        host.Blocks.IsEmpty ? "no block yet" : $"block {string.Join(", ", host.Blocks.Take(2))}{(host.Blocks.Length > 2 ? ", ..." : "")}";

    private void PrintTable(Picture picture, RouteTable table)
    {
        var state = vpc.State;
        var routes = table.AllRoutes.OrderBy(route => route.Cidr is null).ThenBy(route => route.Cidr ?? default).ToList();
        var rows = routes.Take(RoutesPerTable).Select(route => (string[])
        [
            route.Destination, NameOf(route.Target),
            (state.IsBlackhole(route) ? "blackhole; " : "") + Meaning(picture, table, route),
        ]).ToList();
        if (routes.Count > RoutesPerTable) rows.Add([$"and {routes.Count - RoutesPerTable} more", "", ""]);
        screen.Table($"Route table {NameOf(table)} ({UsersOf(table)}): {Used(table)} routes", ["destination", "to", "what it is"], rows);
    }

    private string Meaning(Picture picture, RouteTable table, Route route)
    {
        if (route.IsLocal) return "the VPC itself";
        if (!picture.Routes.TryGetValue((table.Id, route.Destination), out var ours)) return "not ours: never touched";
        var host = ours.Host.Length > 0 ? ours.Host : "a host";
        return ours.Kind switch
        {
            "cover" => $"cover of {SubnetWith(picture, route.Destination)}, by way of {host}",
            "host" => $"block of {host}",
            "segment" => "segment elsewhere",
            _ => $"several blocks, by way of {host}",
        };
    }

    private string SubnetWith(Picture picture, string segment) =>
        vpc.State.Subnets.Values.FirstOrDefault(subnet => Segment(picture, subnet.Id) == segment) is { } subnet
            ? $"subnet {subnet.Tags["Name"]}"
            : "a group";

    private string UsersOf(RouteTable table)
    {
        var users = vpc.State.Subnets.Values.Where(subnet => vpc.State.TableOf(subnet.Id)?.Id == table.Id).Select(subnet => subnet.Tags["Name"]);
        var text = string.Join(", ", users);
        return text.Length == 0 ? "no subnet" : $"subnets {text}";
    }

    private static string Segment(Picture picture, string key) => picture.Segments.GetValueOrDefault(key, "no segment");

    private static int Number(string name) => int.TryParse(name.Split('-')[^1], out var number) ? number : int.MaxValue;
}
