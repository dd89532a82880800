#!/bin/bash
# What FleetSNE needs from the program that starts its ranks, under the name that each launcher has for it. Scripts and tests
# take these names from here only. A launcher ignores the names of the others, so all of them are set together: Open MPI 4
# (OMPI_MCA_*), Open MPI 5 (PRTE_MCA_* for its mpirun, OMPI_MCA_* for its library), MPICH (HYDRA_*), Intel MPI (I_MPI_*) and
# srun (SLURM_*). Tried are those of Open MPI and srun; those of MPICH and Intel MPI are from their manuals.
#   bash jobs/launcher.sh SETTING...                          prints a line NAME=VALUE for each variable
#   source jobs/launcher.sh; launcher_export SETTING...       exports them; a variable that is set already keeps its value
# Settings:
#   root                 ranks may run as root (containers)
#   oversubscribe        more ranks than cores may be started
#   unbound              no rank is pinned to a core
#   yield                ranks that wait leave their core to others
#   no-ptrace            ranks on one host copy through shared memory without ptrace, which containers forbid
#   one-host             start faster: transports and devices of a cluster are not looked for
#   no-ipv6              ranks connect by IPv4 only
#   temporary=DIR        the folder for the launcher's own files
#   kill-after=SECONDS   between telling ranks to end and killing them (Open MPI 4; mpirun of Open MPI 5 has no such setting)
#   agent=COMMAND        what starts a process on another host, in place of ssh
#   networks=CIDR        the network that the launcher uses between hosts
#   data-networks=CIDR   the network that ranks use between hosts
#   keepalive=TIME,INTERVAL,COUNT   a silent host is asked after TIME seconds, COUNT times, INTERVAL seconds apart

launcher_settings() {
  local setting value
  for setting in "$@"; do
    value=${setting#*=}
    case "$setting" in
      root)
        printf '%s\n' OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
          PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
        ;;
      oversubscribe)
        printf '%s\n' OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe \
          SLURM_OVERCOMMIT=1
        ;;
      unbound)
        printf '%s\n' OMPI_MCA_hwloc_base_binding_policy=none PRTE_MCA_hwloc_default_binding_policy=none \
          I_MPI_PIN=0 SLURM_CPU_BIND=none
        ;;
      yield) printf '%s\n' OMPI_MCA_mpi_yield_when_idle=1 I_MPI_THREAD_YIELD=2 OMP_WAIT_POLICY=passive ;;
      no-ptrace) printf '%s\n' OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_smsc=^cma ;;
      one-host) printf '%s\n' OMPI_MCA_pml=ob1 HWLOC_COMPONENTS=-pci,-linuxio ;;
      no-ipv6) printf '%s\n' OMPI_MCA_btl_tcp_disable_family=6 ;;
      temporary=*) printf '%s\n' "OMPI_MCA_orte_tmpdir_base=$value" "PRTE_MCA_prte_tmpdir_base=$value" ;;
      kill-after=*) printf '%s\n' "OMPI_MCA_odls_base_sigkill_timeout=$value" ;;
      agent=*)
        printf '%s\n' OMPI_MCA_plm=rsh "OMPI_MCA_plm_rsh_agent=$value" OMPI_MCA_plm_rsh_no_tree_spawn=1 \
          PRTE_MCA_plm=ssh "PRTE_MCA_plm_ssh_agent=$value" PRTE_MCA_plm_ssh_no_tree_spawn=1 \
          HYDRA_LAUNCHER=ssh "HYDRA_LAUNCHER_EXEC=$value"
        ;;
      networks=*) printf '%s\n' "OMPI_MCA_oob_tcp_if_include=$value" "PRTE_MCA_prte_if_include=$value" ;;
      data-networks=*) printf '%s\n' OMPI_MCA_btl=tcp,self "OMPI_MCA_btl_tcp_if_include=$value" ;;
      keepalive=*)
        local time interval count prefix
        IFS=, read -r time interval count <<<"$value"
        for prefix in OMPI PRTE; do
          printf '%s\n' "${prefix}_MCA_oob_tcp_keepalive_time=$time" \
            "${prefix}_MCA_oob_tcp_keepalive_intvl=$interval" "${prefix}_MCA_oob_tcp_keepalive_probes=$count"
        done
        ;;
      *)
        echo "launcher.sh: unknown setting $setting (the first lines of ${BASH_SOURCE[0]} list them)" >&2
        return 2
        ;;
    esac
  done
}

# launcher_placement RANKS_PER_NODE CORES: mpirun's options for ranks that have so many cores each. RANKS_PER_NODE may be empty
# where it differs between nodes. Open MPI 4 and 5 take both forms; with slot and several nodes 4.1.8 finds too few slots.
launcher_placement() {
  local cores=$(($2 > 0 ? $2 : 1))
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    echo "--map-by ppr:$1:node:PE=$cores --bind-to core"
  else
    echo "--map-by slot:PE=$cores --bind-to core"
  fi
}

launcher_export() {
  local line lines name
  lines=$(launcher_settings "$@") || return
  while read -r line; do
    name=${line%%=*}
    [ -n "${!name:-}" ] || export "${line?}"
  done <<<"$lines"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  launcher_settings "$@"
fi
