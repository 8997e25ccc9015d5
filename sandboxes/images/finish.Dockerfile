# Comes after the Dockerfile of every group, whose last stage is named `toolchain`.
FROM toolchain
# no-new-privileges makes set-uid bits useless already; a job should not even find one.
# A program that insists on /tmp writes to its own working directory.
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && dpkg-query --show >/opt/versions \
 && rm -rf /usr/local/sbin/add-packages /tmp /var/tmp /root \
 && mkdir -p /box /program /run/cage /proc /sys /dev && mkdir -m 0700 /root \
 && ln -s /box /tmp && ln -s /box /var/tmp
# Last, so that a change of the supervisor rebuilds nothing that takes time. No job may run or read it.
COPY --from=supervisor /opt/supervisor /opt/supervisor
# The supervisor is root with four capabilities and nothing else; every job has a uid of its own.
USER 0:0
WORKDIR /
ENTRYPOINT ["/opt/supervisor"]
CMD []
