using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>Routes that others put into the tables and that must stay.</summary>
internal static class ForeignRouteSet
{
    public static AccountState AddTo(AccountState state, string vpc, ForeignRoutes kind) => kind switch
    {
        ForeignRoutes.Usual => AddUsual(state, vpc),
        ForeignRoutes.Every => AddEvery(AddUsual(state, vpc), vpc),
        _ => state,
    };

    private static AccountState AddUsual(AccountState state, string vpc)
    {
        state = Gateway(state, vpc, "igw", out var igw);
        state = Gateway(state, vpc, "vpce", out var endpoint);
        state = state.Mint("pl", out var s3);
        state = state.With(new PrefixList(
            s3, "com.amazonaws.us-west-2.s3", "AWS", 1, [Cidr.Parse("52.92.128.0/17"), Cidr.Parse("3.5.76.0/22")]));
        foreach (var table in state.Tables.Values)
        {
            var way = igw;
            if (!table.Main) state = Gateway(state, vpc, "nat", out way);
            state = state.With(table.With(new Route("0.0.0.0/0", way)).With(new Route(s3, endpoint)));
        }

        return state;
    }

    private static AccountState AddEvery(AccountState state, string vpc)
    {
        state = Gateway(state, vpc, "tgw", out var transit);
        state = Gateway(state, vpc, "vgw", out var vpn);
        state = Gateway(state, vpc, "eigw", out var egressOnly);
        state = Gateway(state, vpc, "vpce", out var loadBalancer);
        state = state.Mint("pcx", out var peering).Mint("vpc", out var peer).Mint("pl", out var list);
        state = state
            .With(new Peering(peering, vpc, peer, [Cidr.Parse("10.50.0.0/16")]))
            .With(new PrefixList(list, "corporate", "123456789012", 5, [Cidr.Parse("172.20.0.0/16")]));
        state = Appliance(state, out var firewall);
        foreach (var table in state.Tables.Values)
            state = state.With(table
                .With(new Route("10.80.0.0/16", transit)).With(new Route("10.50.0.0/16", peering))
                .With(new Route(list, transit)).With(new Route("192.168.0.0/16", firewall))
                .With(new Route("198.51.100.0/24", loadBalancer)).With(new Route("172.16.9.0/24", "eni-0dead000"))
                .With(new Route("::/0", egressOnly)) with
            {
                Propagated =
                    [
                        new Route("172.16.0.0/16", vpn, RouteOrigin.EnableVgwRoutePropagation),
                        new Route("10.80.0.0/16", vpn, RouteOrigin.EnableVgwRoutePropagation),
                    ],
            });
        return state;
    }

    /// <summary>A firewall instance that is no host of any cluster, with its check off.</summary>
    private static AccountState Appliance(AccountState state, out string eni)
    {
        var launch = new Launch { SubnetId = state.Subnets.Keys.First(), Name = "firewall", SourceDestCheck = false };
        var done = (Outcome.Done)InstanceRules.Run(state, launch, DateTimeOffset.UnixEpoch);
        eni = done.Made[1];
        return done.State;
    }

    private static AccountState Gateway(AccountState state, string vpc, string kind, out string id)
    {
        state = state.Mint(kind, out id);
        return state.With(new Gateway(id, vpc));
    }
}
